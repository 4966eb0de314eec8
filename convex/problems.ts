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
<style>
:root { color-scheme: light dark; }
body { max-width: 40rem; margin: 3rem auto; padding: 0 1rem; font: 1rem/1.6 system-ui, sans-serif; }
</style>
</head>
<body>
<h1>${heading}</h1>
<p><code>${code}</code>, status ${status}</p>
<p>${escaped(explanation).replaceAll(/`([^`]+)`/g, "<code>$1</code>")}</p>
<p><a href="${escaped(publicPath())}/docs">API reference</a></p>
</body>
</html>
`;
    return { body, policy: PAGE_POLICY };
  },
});

/** The `Content-Security-Policy` of a page without scripts. It allows only inline styles and `data:` images. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const isCode = (code: string): code is FailureCode => Object.hasOwn(PROBLEMS, code);
