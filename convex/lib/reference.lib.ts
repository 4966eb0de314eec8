import { escaped } from "./html.lib";
import scalar from "../../openapi/scalar.json";

/** Where the script of the reference page is unless a setting says otherwise: a CDN that serves npm's files as they are. */
export const CDN_SCRIPT = `https://cdn.jsdelivr.net/npm/${scalar.package}@${scalar.version}/${scalar.file}`;

/** What the script is told. It asks nobody but the API: no fonts, usage counts, proxies or chats from elsewhere. */
const CONFIGURATION = {
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
  documentDownloadType: "direct",
  authentication: { preferredSecurityScheme: "apiKey" },
};

type Page = {
  title: string;
  /** The address of the OpenAPI document, as the page reaches it. */
  document: string;
  /** The address of the script: the file that `openapi/scalar.json` pins, since its hash is checked wherever it comes from. */
  script: string;
  /** Policy of a page that no server sends headers with. */
  policy?: string;
};

/** The interactive reference as an HTML page: Scalar's documented embed, with no script of its own in the page. */
export function referencePage({ title, document, script, policy }: Page): string {
  const meta = policy ? `<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">\n` : "";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${meta}<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
<style>
/* The script marks the body when it is there. */
body:is(.light-mode, .dark-mode) > .waiting { display: none; }
.waiting { margin: 3rem; font-family: sans-serif; }
</style>
</head>
<body>
<p class="waiting">The reference is being loaded. If it does not appear, its script cannot be reached:
<a href="${escaped(document)}">the OpenAPI document</a> says the same.</p>
<script id="api-reference" type="application/json" data-url="${escaped(document)}" data-configuration="${escaped(JSON.stringify(CONFIGURATION))}"></script>
<script src="${escaped(script)}" integrity="${scalar.integrity}" crossorigin="anonymous"></script>
</body>
</html>
`;
}

/**
 * The Content-Security-Policy of the page: one script, and requests to the API alone. Scalar styles what it shows as it goes,
 * so styles are free; they can load nothing.
 *
 * @param script As the page has it. What is no absolute address comes from the page's own host.
 * @param api Addresses of the API beside the page's own host.
 */
export function referencePolicy(script: string, api: readonly string[]): string {
  const [absolute = "'self'"] = /^https?:\/\/[^\s;,'"?#]+/i.exec(script) ?? [];
  return [
    "default-src 'none'",
    `script-src ${absolute}`,
    "style-src 'unsafe-inline'",
    "img-src 'self' data: blob:",
    ["connect-src 'self'", ...new Set(api.map((url) => new URL(url).origin))].join(" "),
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}
