import fc from "fast-check";
import type { JsonSchema } from "../../../convex/http/kit/described.kit";
import { makeEvent, SENDERS, SOURCES, type WebhookSource } from "../../../scripts/webhook/senders";
import type { Operation, Parameter } from "../described";
import { valueOf } from "./values";

/** Callers with a missing or invalid credential, or without the required scope. */
export const FLAWED = ["nobody", "scopeless", "mistyped", "revoked", "token", "two", "garbage"] as const;
/** The kind of caller: `root` has all scopes, a webhook source signs its request, and the others are flawed. */
export type CallerKind = "root" | WebhookSource | (typeof FLAWED)[number];

/** A planned request. Its path parameters and its credential are resolved before it is sent. */
export type Plan = {
  method: string;
  /** The path template. Its parameters are in `params`. */
  path: string;
  /** Percent-encoded values. Null is replaced with the id of an existing resource. */
  params: Record<string, string | null>;
  /** Encoded `name=value` pairs. */
  query: string[];
  headers: [name: string, value: string][];
  body: Buffer | undefined;
  caller: CallerKind;
};

/** Generates valid requests from a caller with permission. */
export function planOf(operation: Operation): fc.Arbitrary<Plan> {
  const { method, path, security, parameters } = operation;
  const of = (place: Parameter["in"]) => parameters.filter((parameter) => parameter.in === place);
  const source = SOURCES.find((name) => path === `/webhooks/${name}`);
  return fc
    .record({
      method: fc.constant(method),
      path: fc.constant(path),
      params: fc.record(Object.fromEntries(of("path").map(({ name, schema }) => [name, segmentOf(schema)]))),
      query: parameterValues(
        of("query"),
        (text) => text.isWellFormed(),
        (name, text) => `${name}=${encodeURIComponent(text)}`,
      ),
      headers: parameterValues(
        of("header"),
        (text) => IN_A_HEADER.test(text),
        (name, text): [string, string] => [name, text],
      ),
      caller: fc.constant<CallerKind>(source ?? (security.length > 0 ? "root" : "nobody")),
      content: source ? eventOf(source) : contentOf(operation),
    })
    .map(({ content: { type, body }, headers, ...plan }) => ({
      ...plan,
      headers: type === undefined ? headers : [...headers, ["Content-Type", type] as [string, string]],
      body,
    }));
}

/** Generates values for parameters; optional parameters may be absent. `can` excludes values that cannot be sent. */
function parameterValues<T>(
  parameters: readonly Parameter[],
  can: (text: string) => boolean,
  write: (name: string, text: string) => T,
): fc.Arbitrary<T[]> {
  const each = parameters.map(({ name, required, schema }) => {
    const value = valueOf(schema)
      .map(String)
      .filter(can)
      .map((text) => ({ written: write(name, text) }));
    return required ? value : fc.option(value, { nil: undefined, freq: 2 });
  });
  return fc.tuple(...each).map((all) => all.flatMap((value) => (value === undefined ? [] : [value.written])));
}

/** Matches values that a header can hold. */
export const IN_A_HEADER = /^(?! )[\x20-\x7e\xa0-\xff]+(?<! )$/;

/** Path segments that clients change before they send: they resolve dots (RFC 3986, section 5.2.4). */
const NORMALIZED_SEGMENTS = ["", ".", ".."];

/** Generates a path segment. Three of four are null, for an existing resource, because unknown ids need few attempts. */
function segmentOf(schema: Parameter["schema"]): fc.Arbitrary<string | null> {
  const other = valueOf(schema)
    .map((value) => encodeURIComponent(String(value)))
    .filter((text) => !NORMALIZED_SEGMENTS.includes(text));
  return fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: other });
}

type Content = { type: string | undefined; body: Buffer | undefined };

const NO_CONTENT: Content = { type: undefined, body: undefined };

function contentOf({ requestBody }: Operation): fc.Arbitrary<Content> {
  if (!requestBody) return fc.constant(NO_CONTENT);
  const each = Object.entries(requestBody.content).map(([type, { schema = {} }]) => {
    if (type === "*/*")
      return fc
        .tuple(fc.constantFrom("text/plain", "image/png", "x/y; z=1"), anyBytes)
        .map(([sentType, body]) => ({ type: sentType, body }));
    if ("contentMediaType" in schema) return anyBytes.map((body) => ({ type, body }));
    return valueOf(schema).map((value) => contentFrom(type, value, schema));
  });
  return requestBody.required ? fc.oneof(...each) : fc.oneof(fc.constant(NO_CONTENT), ...each);
}

const anyBytes = fc.uint8Array({ minLength: 1, maxLength: 2000 }).map((bytes) => Buffer.from(bytes));

/** In the format of browsers, because Node refuses some unusual boundaries. */
const BOUNDARY = "----generatedBoundary0123456789";

function contentFrom(type: string, value: unknown, schema: JsonSchema): Content {
  // The schema of a form is an object of strings.
  const fields = value as Record<string, string>;
  switch (type) {
    case "multipart/form-data": {
      const properties = (schema["properties"] ?? {}) as Record<string, JsonSchema>;
      // A part is a file if it has a name (RFC 7578, section 4.2).
      const fileName = (name: string) =>
        properties[name]?.["format"] === "binary" ? '; filename="a.bin"' : "";
      const parts = Object.entries(fields).map(
        ([name, text]) =>
          `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${fileName(name)}\r\n\r\n${text}\r\n`,
      );
      return {
        type: `${type}; boundary=${BOUNDARY}`,
        body: Buffer.from(`${parts.join("")}--${BOUNDARY}--\r\n`),
      };
    }
    case "application/x-www-form-urlencoded":
      return { type, body: Buffer.from(new URLSearchParams(fields).toString()) };
    default:
      return { type, body: Buffer.from(JSON.stringify(value)) };
  }
}

/** Generates an event of a source. It is signed when it is sent. */
function eventOf(source: WebhookSource): fc.Arbitrary<Content> {
  return fc
    .record({
      type: fc.constantFrom(...Object.keys(SENDERS[source].events)),
      id: fc.stringMatching(/^evt_[a-z0-9]{1,12}$/),
    })
    .map(({ type, id }) => ({
      type: "application/json",
      body: Buffer.from(JSON.stringify(makeEvent(source, { id, type, now: Date.now() }))),
    }));
}
