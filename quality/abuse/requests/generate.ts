/** Generates requests from the OpenAPI document, and mutates their content, their form, or both. */
import fc from "fast-check";
import type { Described, Operation } from "../../../openapi/contract/described";
import { breaks } from "../../../openapi/contract/fuzz/breaks";
import { planOf, type Plan } from "../../../openapi/contract/fuzz/plans";
import { presented } from "../../../openapi/contract/fuzz/presented";
import type { Fixtures } from "../fixtures";
import { broken } from "./malformed";
import { bytesOf, type Draft } from "./draft";
import { mutations } from "./mutations";

/** One request, ready to be sent. */
export type GeneratedRequest = {
  /** Counted from 0; with the same seed the same number is the same request, but for ids and times. */
  number: number;
  operationId: string;
  method: string;
  /** As it stands in the first line. */
  target: string;
  bytes: Buffer;
  /** It may not end where the next one begins, and so needs a connection of its own. */
  alone: boolean;
};

/** Requests that are generated together; a number is found again by its batch. */
const BATCH = 500;

/** Endless. Operations take turns. */
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
      ways: fc.array(breaks, { maxLength: 2 }),
      wire: fc.array(mutations(key), { maxLength: 2 }),
      fault: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: broken }),
    })
    .map(({ plan, ways, wire, fault }) => (fixtures: Fixtures) => {
      const changed = ways.reduce((one, way) => way(one), plan);
      const draft = wire.reduce((one, mutate) => mutate(one), draftOf(changed, operation, fixtures));
      const whole = bytesOf(draft);
      const { method, target } = draft;
      const alone = fault !== undefined || !endsWhereItSays(draft, whole);
      const bytes = fault ? fault(whole) : whole;
      return { operationId: operation.operationId, method, target, bytes, alone };
    });
}

function draftOf(plan: Plan, operation: Operation, fixtures: Fixtures): Draft {
  const names = Object.entries(plan.params);
  const target = names.reduce(
    (path, [name, text]) => path.replace(`{${name}}`, () => text ?? fixtures.things[plan.path] ?? "nothing"),
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
      ...Object.entries(presented(plan, operation, fixtures.keys, fixtures.secrets)).map(
        ([name, value]): [string, string] => [name, wireText(value)],
      ),
    ],
    body: plan.body,
    framing: "length",
  };
}

/** Text as latin-1 that holds its UTF-8. */
const wireText = (text: string) =>
  /^[\x20-\xff]*$/.test(text) ? text : Buffer.from(text).toString("latin1");

/** Bytes that Node's parser refuses in a head, or takes for more than it reads of one: it answers, and hangs up. */
const REFUSED = /[^\t\x20-\x7e\x80-\xff\r\n]/;
const MOST_OF_A_HEAD = 15_000;

function endsWhereItSays({ target, headers, version, framing }: Draft, whole: Buffer): boolean {
  const head = whole.subarray(0, whole.indexOf("\r\n\r\n")).toString("latin1");
  const said = headers.some(([name]) =>
    /^(?:content-length|transfer-encoding|upgrade|expect|connection)$/i.test(name),
  );
  const plain = /^[\x21-\x7e]+$/.test(target) && version === "HTTP/1.1";
  // A length behind a body in chunks (RFC 9110, 6.5.1) is refused there, and the refusal may be lost with what is unread.
  const saidBehind = framing !== "length" && framing.trailers.some((line) => /^content-length:/i.test(line));
  return (
    plain &&
    !said &&
    !saidBehind &&
    head.length < MOST_OF_A_HEAD &&
    !REFUSED.test(head) &&
    headers.length < 500
  );
}
