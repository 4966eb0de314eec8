import { escaped } from "./html.lib";
import scalar from "../../openapi/scalar.json";

/** The default address of the reference page's script: a CDN that serves the files of npm packages unchanged. */
export const CDN_SCRIPT = `https://cdn.jsdelivr.net/npm/${scalar.package}@${scalar.version}/${scalar.file}`;

/** The languages of sample requests that the page leaves out. Shell, Node.js, Python and Go with one client each remain. */
const HIDDEN_CLIENTS = {
  ...Object.fromEntries(
    "c clojure csharp dart fsharp http java js julia kotlin objc ocaml php powershell r ruby rust swift"
      .split(" ")
      .map((language) => [language, true]),
  ),
  shell: ["wget", "httpie"],
  node: ["axios", "ofetch", "fetch"],
  python: ["requests", "httpx_sync", "httpx_async", "aiohttp"],
};

/** The configuration of the script. The page sends requests only to the API: no fonts, telemetry, proxies or chats. */
const CONFIGURATION = {
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  // The page opens on the quick start, with every group closed.
  defaultOpenFirstTag: false,
  // The languages that partners use most. The others would push their tabs over the edge of a narrow panel.
  hiddenClients: HIDDEN_CLIENTS,
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
  hideClientButton: true,
  showDeveloperTools: "never",
  documentDownloadType: "direct",
  authentication: { preferredSecurityScheme: "apiKey" },
};

type Page = {
  title: string;
  /** The address of the OpenAPI document, absolute or relative to the page. */
  document: string;
  /** The address of the script. It must serve the file that `openapi/scalar.json` pins, because browsers check its hash. */
  script: string;
  /** The Content-Security-Policy as a meta element, for a page that is served without headers. */
  policy?: string;
};

/** Renders the interactive reference as an HTML page: Scalar's documented embed, without an inline script. */
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
/* The script sets a class on the body when it has loaded. */
body:is(.light-mode, .dark-mode) > .waiting { display: none; }
/* The script's placeholder for a key looks like a key. */
[placeholder^="QUxM"]::placeholder { color: transparent !important; }
/* The name of the key's header is fixed. The script shows it in a field that can be edited and has no label. */
tr:has([data-placeholder="api-key"]) { display: none !important; }
/* The tabs of the statuses scroll, and would touch the button beside them. */
.tab-list { margin-inline-end: 8px; }
/* The script removes the outline of some links. */
:is(a, button):focus-visible { outline: 2px solid currentColor !important; outline-offset: 2px; }
/* The script's colours of small text have a contrast below 4.5. */
body.light-mode { --scalar-color-2: #5f5f5f; --scalar-color-3: #6b6b6b; --scalar-color-blue: #0067ad; --scalar-color-green: #00764a; --scalar-color-orange: #a34400; --scalar-color-red: #c80000; --scalar-color-yellow: #7d5f00; }
body.dark-mode { --scalar-color-3: #949494; --scalar-color-red: #ff6b6b; }
.waiting { margin: 3rem; font-family: sans-serif; }
</style>
</head>
<body>
<p class="waiting">The reference is loading. If it does not appear, its script cannot be reached. Read
<a href="${escaped(document)}">the OpenAPI document</a> instead.</p>
<script id="api-reference" type="application/json" data-url="${escaped(document)}" data-configuration="${escaped(JSON.stringify(CONFIGURATION))}"></script>
<script src="${escaped(script)}" integrity="${scalar.integrity}" crossorigin="anonymous"></script>
</body>
</html>
`;
}

/**
 * Returns the Content-Security-Policy of the page: one script, and requests only to the API. Scalar adds inline styles at run
 * time, so the policy allows them. Styles cannot load anything.
 *
 * @param script The address of the script. A relative address refers to the page's own host.
 * @param api Addresses of the API, in addition to the page's own host.
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
