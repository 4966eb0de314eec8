import type { DescribedHeader, DescribedReply, Described, Operation } from "./described";
import { mediaTypeOf, type Exchange } from "./exchange";
import { itemViolations } from "./stream";
import { closed, validationErrors, textErrors } from "./schemas";

/** Headers that the connection, the server's engine or a compressing proxy adds, and `Content-Type`, which `content` describes. */
const CONNECTION_HEADERS = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "date",
  "keep-alive",
  "transfer-encoding",
]);

const PROBLEM = "application/problem+json";

/**
 * Checks the status, headers, content type and body of an operation's reply against the document, and returns the violations.
 * An undocumented member is a violation too, although clients must accept new members.
 */
export function replyViolations(operation: Operation, exchange: Exchange): string[] {
  const described = operation.responses[exchange.status];
  if (!described) return [`status ${exchange.status} is not documented`];
  return [
    ...headerViolations(described.headers ?? {}, exchange),
    ...bodyViolations(described, exchange),
    ...problemViolations(exchange),
  ];
}

/**
 * Returns the violations of a reply to an undocumented request. Such a reply may be a problem (unknown path or method), or it
 * may list the methods of a path for a browser.
 */
export function strayViolations({ problem, headers }: Described, exchange: Exchange): string[] {
  const allowed = exchange.method === "OPTIONS" ? [204, 404] : [404, 405];
  if (!allowed.includes(exchange.status))
    return [`status ${exchange.status} outside of all documented operations`];
  const known = { ...Object.fromEntries(headers), ...STRAY_HEADERS };
  const described = exchange.status === 204 ? {} : { content: { [PROBLEM]: { schema: problem } } };
  return [
    ...headerViolations(known, exchange),
    ...bodyViolations(described, exchange),
    ...problemViolations(exchange),
  ];
}

const text = { schema: { type: "string" } };
/** Headers that OpenAPI cannot describe, because replies to OPTIONS and unknown methods belong to no operation. */
const STRAY_HEADERS: Record<string, DescribedHeader> = {
  allow: text,
  "access-control-allow-methods": text,
  "access-control-allow-headers": text,
  "access-control-max-age": { schema: { type: "integer" } },
};

function headerViolations(described: Record<string, DescribedHeader>, { headers }: Exchange): string[] {
  const known = new Map(Object.entries(described).map(([name, header]) => [name.toLowerCase(), header]));
  const violations = [...headers].flatMap(([name, value]) => {
    if (CONNECTION_HEADERS.has(name)) return [];
    const header = known.get(name);
    if (!header) return [`header ${name} is not documented`];
    return textErrors(header.schema, value, `header ${name} (${value})`);
  });
  const missing = [...known].filter(([name, { required }]) => required && !headers.has(name));
  return [...violations, ...missing.map(([name]) => `header ${name} is missing`)];
}

function bodyViolations({ content }: DescribedReply, exchange: Exchange): string[] {
  const { method, headers, body } = exchange;
  const type = mediaTypeOf(headers);
  if (!content) {
    if (body !== "") return ["a body is not documented"];
    return type === undefined ? [] : [`content type ${type} of no body`];
  }
  if (type === undefined) return ["content type is missing"];
  const documented = content[type];
  const media = documented ?? content["*/*"];
  if (!media) return [`content type ${type} is not documented`];
  if (method === "HEAD") return body === "" ? [] : ["a body in reply to HEAD"];
  // A downloaded file may have any type, even JSON: its bytes are not parsed.
  const value = documented && /[/+]json$/.test(type) ? parseJson(body) : body;
  if (value === NOT_JSON) return ["the body is not JSON"];
  const items = media["x-itemSchema"];
  return [
    ...(media.schema ? validationErrors(closed(media.schema), value, "body") : []),
    ...(items ? itemViolations(items, type, body) : []),
  ];
}

/** Checks that a problem matches its reply. A schema cannot express this. */
function problemViolations({ method, status, headers, body }: Exchange): string[] {
  const isProblem = mediaTypeOf(headers) === PROBLEM;
  if (!isProblem || method === "HEAD") return [];
  const problem = parseJson(body) as {
    status?: unknown;
    error?: unknown;
    detail?: unknown;
    requestId?: unknown;
  };
  return [
    ...(problem.status === status ? [] : [`a problem of status ${String(problem.status)}`]),
    ...(problem.error === problem.detail ? [] : ["a problem whose error is not its detail"]),
    ...(problem.requestId === headers.get("x-request-id") ? [] : ["a problem of another request"]),
  ];
}

const NOT_JSON = Symbol("not JSON");

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return NOT_JSON;
  }
}
