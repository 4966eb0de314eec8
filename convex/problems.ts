import { v } from "convex/values";
import { internalQuery } from "./_generated/server";
import { weightOf } from "./lib/accept.lib";
import { publicPath } from "./lib/env.lib";
import type { FailureCode } from "./lib/failure.lib";
import { escaped } from "./lib/html.lib";

/** The meaning of each problem, and its remedy. This module is separate, so that ordinary requests do not load the texts. */
export const EXPLANATIONS: Record<FailureCode, string> = {
  invalid_json: "The body is not JSON, or not valid UTF-8. Send one JSON value, encoded as UTF-8.",
  invalid_request: "A path, query, header or body value is invalid. `errors` names each invalid field.",
  invalid_cursor: "The cursor was not issued by this list with these filters. Start again without a cursor.",
  webhook_unsigned:
    "The webhook lacks its signature headers. Only its source, which knows the secret, can send it.",
  webhook_rejected:
    "The webhook's signature does not verify, or its time differs from the server's by more than five minutes. The webhook was not stored.",
  unauthenticated: "The route needs a credential. Send `X-API-Key: KEY` or `Authorization: Bearer KEY`.",
  invalid_credential:
    "The key is unknown, expired or revoked, or the token does not verify. Use another credential.",
  insufficient_scope:
    "The credential is valid but lacks the scope that `detail` names. Use a credential with this scope.",
  quota_exceeded:
    "The owner stores as much as the deployment allows. `detail` names the quota. Delete something first.",
  not_found: "The resource does not exist, or belongs to another caller. The API does not reveal which.",
  method_not_allowed: "The path does not support this method. `Allow` lists the supported methods.",
  conflict:
    "The request conflicts with existing data, such as a value that must be unique and is already in use.",
  precondition_failed:
    "The resource has changed since it was read, so `If-Match` does not match. Read it again, then retry.",
  payload_too_large: "The body is larger than the route accepts. `detail` names the limit.",
  unsupported_media_type:
    "The route does not accept this Content-Type or Content-Encoding. `detail` names the accepted values.",
  range_not_satisfiable:
    "The Range lies outside the file. `Content-Range` has the file's size. Request a range within it, or the whole file.",
  idempotency_key_reused:
    "The Idempotency-Key was used before with another method, path or body. Use a new key for a new request.",
  rate_limited:
    "The caller has used up its quota. Wait `Retry-After` seconds; `RateLimit` shows the remaining quota.",
  internal:
    "An unexpected error that the caller cannot fix. The server's log has the cause under `requestId`.",
  timed_out:
    "The request did not finish in time. Its effect may or may not have happened. Retry after `Retry-After` seconds.",
  unavailable:
    "The server cannot process the request now: it is overloaded, or a service that it depends on does not respond. Retry after `Retry-After` seconds, with the same `Idempotency-Key` if the route accepts one.",
  not_configured:
    "The deployment lacks a secret or a setting that the route needs. The operator must set it.",
};

/** Returns the explanation of a problem code, or null for an unknown code. */
export const explain = internalQuery({
  args: { code: v.string() },
  returns: v.union(v.string(), v.null()),
  handler: (_ctx, { code }) => (isCode(code) ? EXPLANATIONS[code] : null),
});

/** Renders a problem as an HTML page. Returns null for an unknown code, or if the client prefers JSON. */
export const page = internalQuery({
  args: { code: v.string(), status: v.number(), title: v.string(), accept: v.string() },
  returns: v.union(v.null(), v.object({ body: v.string(), policy: v.string() })),
  handler: (_ctx, { code, status, title, accept }) => {
    if (!isCode(code) || weightOf("text/html", accept) <= weightOf("application/json", accept)) return null;
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
<p>${escaped(EXPLANATIONS[code]).replaceAll(/`([^`]+)`/g, "<code>$1</code>")}</p>
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

const isCode = (code: string): code is FailureCode => Object.hasOwn(EXPLANATIONS, code);
