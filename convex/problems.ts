import { v } from "convex/values";
import { internalQuery } from "./_generated/server";
import { weightOf } from "./lib/accept.lib";
import { publicPath } from "./lib/env.lib";
import { escaped } from "./lib/html.lib";
import { PROBLEMS, type FailureCode } from "./lib/problems.lib";

/** Returns the status, title and explanation of a problem code, or null for an unknown code. */
export const explain = internalQuery({
  args: { code: v.string() },
  returns: v.union(
    v.object({ code: v.string(), status: v.number(), title: v.string(), explanation: v.string() }),
    v.null(),
  ),
  handler: (_ctx, { code }) => {
    if (!isCode(code)) return null;
    const { status, title, explanation } = PROBLEMS[code];
    return { code, status, title, explanation };
  },
});

/** Renders a problem as an HTML page. Returns null for an unknown code, or if the client prefers JSON. */
export const page = internalQuery({
  args: { code: v.string(), accept: v.string() },
  returns: v.union(v.null(), v.object({ body: v.string(), policy: v.string() })),
  handler: (_ctx, { code, accept }) => {
    if (!isCode(code) || weightOf("text/html", accept) <= weightOf("application/json", accept)) return null;
    const { status, title, explanation } = PROBLEMS[code];
    const heading = escaped(title);
    const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${heading}</title>
<link rel="icon" href="data:,">
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<p class="status">Status ${status}</p>
<h1>${heading}</h1>
<p>${escaped(explanation).replaceAll(/`([^`]+)`/g, "<code>$1</code>")}</p>
<dl>
<dt>Code</dt><dd><code>${code}</code></dd>
<dt>For support</dt><dd>Quote the <code>requestId</code> of the reply. The operator finds it in the log.</dd>
</dl>
<p><a href="${escaped(publicPath())}/docs">Open the API reference</a></p>
</main>
</body>
</html>
`;
    return { body, policy: PAGE_POLICY };
  },
});

/** The colours of both themes have a contrast of at least 4.5. */
const PAGE_STYLE = `
:root { color-scheme: light dark; --ground: #f4f5f3; --card: #fff; --ink: #1c2321; --soft: #56615d; --line: #d9dedb; --accent: #0f766e; --tint: #e3f2ef; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #101513; --card: #18201d; --ink: #e7edea; --soft: #9fada8; --line: #2d3834; --accent: #4fd1bf; --tint: #173630; }
}
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.6 system-ui, sans-serif; }
main { max-width: 36rem; margin: clamp(1rem, 8vh, 5rem) auto; padding: clamp(1.25rem, 5vw, 2.5rem); border: 1px solid var(--line); background: var(--card); }
@media (max-width: 38rem) { main { margin: 1rem; } }
h1 { margin: 0 0 1rem; font-size: 1.75rem; line-height: 1.25; overflow-wrap: anywhere; }
.status { margin: 0 0 .25rem; color: var(--soft); font-weight: 600; }
code { padding: .1em .35em; border-radius: 4px; background: var(--tint); font-size: .9em; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .5rem 1.25rem; margin: 1.5rem 0; padding: 1rem 0; border-block: 1px solid var(--line); }
dt { color: var(--soft); }
dd { margin: 0; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
`;

/** The `Content-Security-Policy` of a page without scripts. It allows only inline styles and `data:` images. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const isCode = (code: string): code is FailureCode => Object.hasOwn(PROBLEMS, code);
