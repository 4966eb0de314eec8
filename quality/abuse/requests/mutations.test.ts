/** The generators take the names of parameters and the shapes of bodies from the OpenAPI document. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonSchema } from "../../../convex/http/kit/described.kit";
import { productDocument } from "../../../openapi/contract/check";
import { queryNames, type Operation } from "../../../openapi/contract/described";
import { breaksOf } from "../../../openapi/contract/fuzz/breaks";
import type { Plan } from "../../../openapi/contract/fuzz/plans";
import { bodiesOf } from "./bodies";
import type { Draft } from "./draft";
import { queriesOf } from "./targets";

const { operations } = productDocument();
const named = (id: string): Operation => {
  const found = operations.find(({ operationId }) => operationId === id);
  if (!found) throw new Error(`no operation ${id}`);
  return found;
};
const sample = <T>(arbitrary: fc.Arbitrary<T>, numRuns = 2_000): T[] =>
  fc.sample(arbitrary, { seed: 1, numRuns });

const PLAN: Plan = {
  ...{ method: "GET", path: "/x", params: {}, query: [], headers: [], body: undefined, caller: "root" },
};
const DRAFT: Draft = {
  ...{ method: "POST", target: "/x", version: "HTTP/1.1", headers: [], body: undefined, framing: "length" },
};

describe("every query parameter of a list gets hostile values", () => {
  const names = queryNames(named("listUsers"));

  test("from the mutations of targets", () => {
    expect(names).toEqual(expect.arrayContaining(["order", "createdAfter", "createdBefore", "email"]));
    const targets = sample(queriesOf(names)).map((mutate) => mutate(DRAFT).target);
    for (const name of names)
      expect(targets.filter((target) => target.startsWith(`/x?${name}=`))).not.toEqual([]);
  });

  test("from the faults of planned requests", () => {
    const queries = sample(breaksOf(named("listUsers"))).flatMap((fault) => fault(PLAN).query);
    for (const name of names) expect(queries.filter((pair) => pair.startsWith(`${name}=`))).not.toEqual([]);
  });
});

test("only an operation that takes a list gets hostile lists", () => {
  const taking = (schema: JsonSchema): Operation => ({
    ...named("createUser"),
    requestBody: { required: true, content: { "application/json": { schema } } },
  });
  const lists = (operation: Operation) =>
    sample(bodiesOf(operation), 300)
      .map((mutate) => mutate(DRAFT).body?.toString().slice(0, 7) ?? "")
      .filter((body) => body === '[{"name');
  expect(lists(taking({ type: "array", items: {} })).length).toBeGreaterThan(3);
  expect(lists(taking({ type: "object" }))).toEqual([]);
  expect(lists(named("createUser"))).toEqual([]);
});
