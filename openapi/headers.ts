import type { Deprecated } from "../convex/http/kit/contract.kit";
import type { JsonSchema } from "../convex/http/kit/described.kit";
import type { HeaderSpec, HeaderSpecs } from "../convex/http/kit/replies.kit";
import { SECURITY_HEADERS } from "../convex/http/middleware/securityHeaders.middleware";
import type { Components } from "./components";
import { outputSchema } from "./schemas";

export type HeaderName =
  | "Accept-Encoding"
  | "Accept-Patch"
  | "Accept-Ranges"
  | "Access-Control-Allow-Origin"
  | "Access-Control-Expose-Headers"
  | "Allow"
  | "Cache-Control"
  | "Content-Disposition"
  | "Content-Range"
  | "Deprecation"
  | "ETag"
  | "Idempotency-Replayed"
  | "Link"
  | "Location"
  | "Preference-Applied"
  | "RateLimit"
  | "RateLimit-Policy"
  | "Retry-After"
  | "Sunset"
  | "Vary"
  | "WWW-Authenticate"
  | "X-Accel-Buffering"
  | "X-Request-Id";

/** The properties of a reply, besides its status, that determine its headers. */
export type HeaderTraits = {
  /** Browsers may read the reply: true for all routes except webhooks. */
  cors: boolean;
  /** The reply may report a rate limit. */
  limited: boolean;
  deprecated?: Deprecated | undefined;
  /** The reply may repeat that of an earlier request with the same `Idempotency-Key`, a problem too. */
  replayed?: boolean;
};

/** Returns the headers of a reply: the headers of every reply, of its route, and its own. */
export function headersOf(
  { cors, limited, deprecated, replayed }: HeaderTraits,
  own: readonly HeaderName[],
  components: Components,
): JsonSchema {
  const names = [
    "X-Request-Id",
    ...own,
    ...(replayed ? ["Idempotency-Replayed"] : []),
    ...(deprecated?.successor || deprecated?.guide ? ["Link"] : []),
    ...(deprecated ? ["Deprecation"] : []),
    ...(deprecated?.sunset ? ["Sunset"] : []),
    ...(limited ? ["RateLimit", "RateLimit-Policy"] : []),
    "Cache-Control",
    ...(cors ? ["Vary", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers"] : []),
    ...Object.keys(SECURITY_HEADERS),
  ];
  return Object.fromEntries(
    names.map((name) => [name, components.use("headers", name, HEADERS[name] ?? {})] as const),
  );
}

/**
 * Returns the headers that a reply declares. A well-known header with a plain text is the shared component; its description and
 * example also serve a declaration that restricts it.
 */
export function declaredHeaders(specs: HeaderSpecs, components: Components): JsonSchema {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, declaredHeader(name, spec, components)]),
  );
}

function declaredHeader(name: string, spec: HeaderSpec, components: Components): JsonSchema {
  const known = HEADERS[name];
  const { schema: declared, ...own } = "schema" in spec ? spec : { schema: spec };
  const schema = outputSchema(declared, components);
  const required = declared._zod.optout !== "optional";
  const isPlain = JSON.stringify(schema) === JSON.stringify(text) && !("description" in own);
  if (known && isPlain && (required || !known["required"])) return components.use("headers", name, known);
  const { required: _, schema: __, ...about } = known ?? {};
  return { ...about, ...own, ...(required && { required }), schema };
}

/** Returns a header that only some of a reply's variants have. */
export function optionalHeader(name: HeaderName): JsonSchema {
  const { required: _, ...optional } = HEADERS[name] ?? {};
  return optional;
}

const text = { type: "string" };
const header = (description: string, example: string | number, schema: JsonSchema = text): JsonSchema => ({
  description,
  schema,
  example,
});
/** Returns the pattern of a list whose members match a pattern (RFC 9651, section 3.1). */
const listOf = (member: string): string => `^${member}(, ${member})*$`;
/** Marks a header as required in the replies that list it. */
const always = (described: JsonSchema): JsonSchema => ({ ...described, required: true });

/** The purpose of each security header. */
const SECURITY: Record<string, string> = {
  "X-Content-Type-Options": "Browsers use the `Content-Type` and do not guess another type.",
  "Referrer-Policy": "Browsers do not send the URL of a page of this origin to any site.",
  "Strict-Transport-Security": "Browsers use only HTTPS (RFC 6797).",
  "X-Frame-Options": "Browsers do not show the reply in a frame.",
  "Content-Security-Policy": "Restricts what the reply can load or run in a browser.",
};

const HEADERS: Record<string, JsonSchema> = {
  ...Object.fromEntries(
    Object.entries(SECURITY_HEADERS).map(([name, value]) => [
      name,
      always(header(SECURITY[name] ?? "Protects browsers.", value)),
    ]),
  ),
  ...({
    "X-Request-Id": always(
      header(
        "The id of the request, chosen by the client or generated. The log and every problem contain it.",
        "0b0f5a2e-7c1d-4e8a-9a57-3f0c2b6d1e94",
        { ...text, pattern: "^[A-Za-z0-9._-]{1,128}$" },
      ),
    ),
    "Cache-Control": always(header("The caching rules for the reply (RFC 9111).", "private, no-cache")),
    "Accept-Encoding": header(
      "The accepted content coding, if the request body had another one (RFC 9110).",
      "identity",
    ),
    "Accept-Patch": header("The media type that `PATCH` accepts (RFC 5789).", "application/json"),
    Vary: header("The request headers that the reply depends on (RFC 9110).", "Origin"),
    "Access-Control-Allow-Origin": header(
      "The origin that may read the reply. Absent for a refused origin (Fetch standard).",
      "*",
    ),
    "Access-Control-Expose-Headers": header(
      "The headers that a browser shows to scripts (Fetch standard).",
      "X-Request-Id, ETag, Link",
    ),
    "RateLimit-Policy": header(
      "The quota that the request counted against: `q` requests in `w` seconds " +
        "(draft-ietf-httpapi-ratelimit-headers-10). The operation's own limit follows, if it has one. Absent if no limit is set.",
      '"key";q=600;w=60',
      { ...text, pattern: listOf('"[A-Za-z][A-Za-z0-9-]*";q=\\d+;w=\\d+') },
    ),
    RateLimit: header(
      "The remaining quota: `r` requests, and `t` seconds until the full quota is available again.",
      '"key";r=599;t=1',
      { ...text, pattern: listOf('"[A-Za-z][A-Za-z0-9-]*";r=\\d+;t=\\d+') },
    ),
    "Retry-After": header("The number of seconds to wait before a retry.", 1, {
      type: "integer",
      minimum: 0,
    }),
    ETag: always(
      header(
        "The revision of the resource, for `If-None-Match` and `If-Match` (RFC 9110). A page has a weak tag, for `If-None-Match` only.",
        '"3"',
        { ...text, pattern: '^(W/)?"[^"]+"$' },
      ),
    ),
    Location: always(
      header("The URL of the created or requested resource.", "/api/items/k57f2q9v3s1x8w6t4r0pzc5m7h6a"),
    ),
    Link: header(
      'Links (RFC 8288): `rel="next"` is the next page, and is absent on the last page. On a deprecated operation, ' +
        "`successor-version` is its successor, and `deprecation` is a guide.",
      '</api/items?limit=10&cursor=WzE3Njk4NjA4MDAwMDAsIms1N2YiXQ1c9e04ab>; rel="next"',
    ),
    "Idempotency-Replayed": header("`true` if an earlier request with this key did the work.", "true", {
      ...text,
      const: "true",
    }),
    "X-Accel-Buffering": header(
      "`no` tells proxies such as nginx to pass each part of the stream on at once.",
      "no",
      { ...text, const: "no" },
    ),
    "Preference-Applied": always(header("The preference that the API applied (RFC 7240).", "respond-async")),
    "Accept-Ranges": always(header("The unit of `Range` (RFC 9110).", "bytes")),
    "Content-Disposition": always(
      header(
        "`attachment`, with the file's name if it has one (RFC 6266).",
        'attachment; filename="bolt.png"',
      ),
    ),
    "Content-Range": always(
      header("The range of the reply, and the file's size (RFC 9110).", "bytes 0-99/40123"),
    ),
    "WWW-Authenticate": always(
      header(
        "The authentication scheme, and the reason for the refusal (RFC 6750).",
        'Bearer error="invalid_token"',
      ),
    ),
    Allow: always(header("The methods that the path accepts (RFC 9110).", "GET, HEAD, POST, OPTIONS")),
    Deprecation: always(
      header(
        "The time of the deprecation, past or future, in seconds since 1970 (RFC 9745).",
        "@1769817600",
        {
          ...text,
          pattern: "^@\\d+$",
        },
      ),
    ),
    Sunset: always(
      header(
        "The time after which the operation may be removed (RFC 8594).",
        "Fri, 31 Jul 2026 00:00:00 GMT",
      ),
    ),
  } satisfies Record<HeaderName, JsonSchema>),
};
