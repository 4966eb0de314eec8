import fc from "fast-check";
import { EVENTS } from "../../../scripts/webhook/events";
import { SOURCES, type WebhookSource } from "../../../scripts/webhook/sign";
import type { Operation, Parameter } from "../described";
import { valueOf } from "./values";

/** The kinds of caller: a caller with all scopes, a webhook source that signs, or a caller with a flawed credential. */
export const FLAWED = ["nobody", "scopeless", "mistyped", "revoked", "token", "two", "garbage"] as const;
export type Asker = "root" | WebhookSource | (typeof FLAWED)[number];

/** A planned request. Its path parameters and its credential are resolved before it is sent. */
export type Plan = {
  method: string;
  /** The template, whose names are in `params`. */
  path: string;
  /** As they go over the wire; null for something that is there. */
  params: Record<string, string | null>;
  /** As they go over the wire. */
  query: string[];
  headers: [name: string, value: string][];
  body: Buffer | undefined;
  asker: Asker;
};

/** Requests that the document allows, of someone who may make them. */
export function planOf(operation: Operation): fc.Arbitrary<Plan> {
  const { method, path, security, parameters } = operation;
  const of = (place: Parameter["in"]) => parameters.filter((parameter) => parameter.in === place);
  const source = SOURCES.find((name) => path === `/webhooks/${name}`);
  return fc
    .record({
      method: fc.constant(method),
      path: fc.constant(path),
      params: fc.record(Object.fromEntries(of("path").map(({ name, schema }) => [name, segmentOf(schema)]))),
      query: given(
        of("query"),
        (text) => text.isWellFormed(),
        (name, text) => `${name}=${encodeURIComponent(text)}`,
      ),
      headers: given(
        of("header"),
        (text) => IN_A_HEADER.test(text),
        (name, text): [string, string] => [name, text],
      ),
      asker: fc.constant<Asker>(source ?? (security.length > 0 ? "root" : "nobody")),
      content: source ? eventOf(source) : contentOf(operation),
    })
    .map(({ content: { type, body }, headers, ...plan }) => ({
      ...plan,
      headers: type === undefined ? headers : [...headers, ["Content-Type", type] as [string, string]],
      body,
    }));
}

/** Parameters that are there, each as it goes over the wire, as far as it can. */
function given<T>(
  parameters: readonly Parameter[],
  can: (text: string) => boolean,
  write: (name: string, text: string) => T,
): fc.Arbitrary<T[]> {
  const each = parameters.map(({ name, required, schema }) => {
    const one = valueOf(schema)
      .map(String)
      .filter(can)
      .map((text) => ({ written: write(name, text) }));
    return required ? one : fc.option(one, { nil: undefined, freq: 2 });
  });
  return fc.tuple(...each).map((all) => all.flatMap((one) => (one === undefined ? [] : [one.written])));
}

/** Matches values that a header can hold. */
export const IN_A_HEADER = /^(?! )[\x20-\x7e\xa0-\xff]+(?<! )$/;

/** Path segments that clients change before they send: they resolve dots (RFC 3986, section 5.2.4). */
const NO_SEGMENT = ["", ".", ".."];

/** Most often something that is there: what is not is soon tried. */
function segmentOf(schema: Parameter["schema"]): fc.Arbitrary<string | null> {
  const other = valueOf(schema)
    .map((value) => encodeURIComponent(String(value)))
    .filter((text) => !NO_SEGMENT.includes(text));
  return fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: other });
}

type Content = { type: string | undefined; body: Buffer | undefined };

const NONE: Content = { type: undefined, body: undefined };

function contentOf({ requestBody }: Operation): fc.Arbitrary<Content> {
  if (!requestBody) return fc.constant(NONE);
  const each = Object.entries(requestBody.content).map(([type, { schema = {} }]) => {
    if (type === "*/*")
      return fc
        .tuple(fc.constantFrom("text/plain", "image/png", "x/y; z=1"), anyBytes)
        .map(([given, body]) => ({ type: given, body }));
    if ("contentMediaType" in schema) return anyBytes.map((body) => ({ type, body }));
    return valueOf(schema).map((value) => written(type, value));
  });
  return requestBody.required ? fc.oneof(...each) : fc.oneof(fc.constant(NONE), ...each);
}

const anyBytes = fc.uint8Array({ minLength: 1, maxLength: 2000 }).map((bytes) => Buffer.from(bytes));

/** Like those of browsers: Node refuses some that are rare. */
const BOUNDARY = "----generatedBoundary0123456789";

function written(type: string, value: unknown): Content {
  // A form's schema is that of an object of texts.
  const fields = value as Record<string, string>;
  switch (type) {
    case "multipart/form-data": {
      const parts = Object.entries(fields).map(
        ([name, text]) =>
          `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`,
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

/** An event as its source has it; the signature comes when it is sent. */
function eventOf(source: WebhookSource): fc.Arbitrary<Content> {
  return fc
    .record({
      type: fc.constantFrom(...Object.keys(EVENTS[source])),
      id: fc.stringMatching(/^evt_[a-z0-9]{1,12}$/),
    })
    .map(({ type, id }) => ({
      type: "application/json",
      body: Buffer.from(JSON.stringify(EVENTS[source][type]?.({ id, type, now: Date.now() }))),
    }));
}
