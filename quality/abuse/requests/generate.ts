/** Generates requests from the OpenAPI document, and mutates their content, their encoding, or both. */
import fc from "fast-check";
import type { Described, Operation } from "../../../openapi/contract/described";
import { breaksOf } from "../../../openapi/contract/fuzz/breaks";
import { planOf, type Plan } from "../../../openapi/contract/fuzz/plans";
import { credentialHeadersFor } from "../../../openapi/contract/fuzz/credentials";
import type { Fixtures } from "../fixtures";
import { broken } from "./malformed";
import { bytesOf, type Draft } from "./draft";
import { mutations } from "./mutations";

/** One request, ready to be sent. */
export type GeneratedRequest = {
  /** From 0. The same seed and number give the same request, except for ids and times. */
  number: number;
  operationId: string;
  method: string;
  /** The target in the request line. */
  target: string;
  bytes: Buffer;
  /** Whether the request needs a separate connection, because the server may not find its end. */
  alone: boolean;
};

/** Requests that are generated together from one seed. */
const BATCH = 500;

/** Generates requests without end, for each operation in turn. @param fixtures returns the current fixtures. */
export function* generateRequests(
  seed: number,
  { operations }: Described,
  fixtures: () => Fixtures,
): Generator<GeneratedRequest> {
  const recipes = operations.map((operation) => recipeOf(operation, fixtures().keys.root));
  for (let number = 0; ; number += BATCH) {
    const made = fc.sample(fc.tuple(...recipes), {
      seed: seed + number,
      numRuns: Math.ceil(BATCH / recipes.length),
    });
    const all = made.flat().slice(0, BATCH);
    for (const [at, recipe] of all.entries()) yield { number: number + at, ...recipe(fixtures()) };
  }
}

type Recipe = (fixtures: Fixtures) => Omit<GeneratedRequest, "number">;

function recipeOf(operation: Operation, key: string): fc.Arbitrary<Recipe> {
  return fc
    .record({
      plan: planOf(operation),
      edits: fc.array(breaksOf(operation), { maxLength: 2 }),
      wire: fc.array(mutations(key, operation), { maxLength: 2 }),
      fault: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: broken }),
    })
    .map(({ plan, edits, wire, fault }) => (fixtures: Fixtures) => {
      const edited = edits.reduce((plan, edit) => edit(plan), plan);
      const draft = wire.reduce((draft, mutate) => mutate(draft), draftOf(edited, operation, fixtures));
      const whole = bytesOf(draft);
      const { method, target } = draft;
      const alone = fault !== undefined || !hasClearEnd(draft, whole);
      const bytes = fault ? fault(whole) : whole;
      return { operationId: operation.operationId, method, target, bytes, alone };
    });
}

function draftOf(plan: Plan, operation: Operation, fixtures: Fixtures): Draft {
  const names = Object.entries(plan.params);
  const target = names.reduce(
    (path, [name, text]) => path.replace(`{${name}}`, () => text ?? fixtures.ids[plan.path] ?? "nothing"),
    plan.path,
  );
  const query = plan.query.length > 0 ? `?${plan.query.join("&")}` : "";
  return {
    method: plan.method,
    target: wireText(target + query),
    version: "HTTP/1.1",
    headers: [
      ["Host", "api.example.test"],
      ...plan.headers.map(([name, value]): [string, string] => [name, wireText(value)]),
      ...Object.entries(credentialHeadersFor(plan, operation, fixtures.keys, fixtures.secrets)).map(
        ([name, value]): [string, string] => [name, wireText(value)],
      ),
    ],
    body: plan.body,
    framing: "length",
  };
}

/** Returns the UTF-8 bytes of a text as a latin-1 string. */
const wireText = (text: string) =>
  /^[\x20-\xff]*$/.test(text) ? text : Buffer.from(text).toString("latin1");

/** Bytes in a head for which Node's parser answers and closes the connection. */
const REFUSED = /[^\t\x20-\x7e\x80-\xff\r\n]/;
/** A longer head may exceed the limit of Node's parser, which then closes the connection. */
const MAX_HEAD_BYTES = 15_000;

/** Whether the server finds the end of the request, and keeps the connection open. */
function hasClearEnd({ target, headers, version, framing }: Draft, whole: Buffer): boolean {
  const head = whole.subarray(0, whole.indexOf("\r\n\r\n")).toString("latin1");
  const framedTwice = headers.some(([name]) =>
    /^(?:content-length|transfer-encoding|upgrade|expect|connection)$/i.test(name),
  );
  const plain = /^[\x21-\x7e]+$/.test(target) && version === "HTTP/1.1";
  // A `Content-Length` trailer is forbidden (RFC 9110, section 6.5.1). The refusal may be lost when the connection closes.
  const lengthTrailer =
    framing !== "length" && framing.trailers.some((line) => /^content-length:/i.test(line));
  return (
    plain &&
    !framedTwice &&
    !lengthTrailer &&
    head.length < MAX_HEAD_BYTES &&
    !REFUSED.test(head) &&
    headers.length < 500
  );
}
