import { v } from "convex/values";
import { internalQuery } from "./_generated/server";
import { weightOf } from "./lib/accept.lib";
import { publicPath } from "./lib/env.lib";
import type { FailureCode } from "./lib/failure.lib";
import { escaped } from "./lib/html.lib";

/** What each problem means and what a caller can do about it. Here, and not beside the codes, so that no request loads it. */
export const EXPLANATIONS: Record<FailureCode, string> = {
  invalid_json: "The body is not JSON, or not valid UTF-8. Send one JSON value, encoded as UTF-8.",
  invalid_request:
    "A path, query, header or body value is not what the route takes. `errors` names each failing field.",
  invalid_cursor: "The cursor was not issued by this list with these filters. Start again without one.",
  webhook_unsigned:
    "The webhook lacks its signature headers. Only its source, which knows the secret, can send it.",
  webhook_rejected:
    "The webhook's signature does not verify, or it is more than five minutes old or early. Nothing of it was kept.",
  unauthenticated: "The route needs a credential. Send `X-API-Key: KEY` or `Authorization: Bearer KEY`.",
  invalid_credential:
    "The key is unknown, expired or revoked, or the token does not verify. Sending it again will not help.",
  insufficient_scope:
    "The credential is good but lacks the scope that `detail` names. Use one that carries it.",
  not_found: "Nothing is there, or nothing that belongs to this caller. Both look the same on purpose.",
  method_not_allowed: "The path exists, but not with this method. `Allow` lists the methods it takes.",
  conflict: "The request contradicts what is there, such as a value that must be unique and is taken.",
  precondition_failed:
    "The resource has changed since it was read, so `If-Match` does not hold. Read it again, then retry.",
  payload_too_large: "The body is larger than the route takes. `detail` names the limit.",
  unsupported_media_type:
    "The route does not read bodies of this Content-Type, or in this Content-Encoding. `detail` names what it reads.",
  range_not_satisfiable:
    "The Range lies outside the file. `Content-Range` has the file's size. Ask for a range within it, or for the whole.",
  idempotency_key_reused:
    "The Idempotency-Key came before with another method, path or body. Use a fresh key for a new request.",
  rate_limited:
    "The caller has used up its quota. Wait `Retry-After` seconds; `RateLimit` shows what is left.",
  internal: "Something failed that the caller cannot mend. The cause is in the log under `requestId`.",
  timed_out:
    "The work did not end in time; it may or may not have happened. Retry after `Retry-After` seconds.",
  unavailable:
    "The server cannot take the request now: it is overloaded, or something it depends on does not answer. Retry after `Retry-After` seconds, with the same `Idempotency-Key` where the route takes one.",
  not_configured:
    "The deployment lacks a secret or a setting that the route needs. Its operator has to set it.",
};

/** The explanation of a problem code, or null for a code that does not exist. */
export const explain = internalQuery({
  args: { code: v.string() },
  returns: v.union(v.string(), v.null()),
  handler: (_ctx, { code }) => (isCode(code) ? EXPLANATIONS[code] : null),
});

/** Renders a problem as a page for people; null if the client prefers JSON, or the code does not exist. */
export const page = internalQuery({
  args: { code: v.string(), status: v.number(), title: v.string(), accept: v.string() },
  returns: v.union(v.null(), v.object({ body: v.string(), headers: v.record(v.string(), v.string()) })),
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
<style>
:root { color-scheme: light dark; }
body { max-width: 40rem; margin: 3rem auto; padding: 0 1rem; font: 1rem/1.6 system-ui, sans-serif; }
</style>
</head>
<body>
<h1>${heading}</h1>
<p><code>${code}</code>, status ${status}</p>
<p>${escaped(EXPLANATIONS[code]).replaceAll(/`([^`]+)`/g, "<code>$1</code>")}</p>
<p><a href="${escaped(publicPath())}/docs">API reference</a></p>
</body>
</html>
`;
    return { body, headers: PAGE_HEADERS };
  },
});

/** A page without scripts: its policy allows its own style and nothing else. */
const PAGE_HEADERS = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy":
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

const isCode = (code: string): code is FailureCode => Object.hasOwn(EXPLANATIONS, code);
