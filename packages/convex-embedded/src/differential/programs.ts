/** Random programs. Values come from a small pool, so that equal values are frequent: in equalities, in ties, at bounds. */
import type { Value } from "convex/values";
import * as fc from "fast-check";
import type {
  Bound,
  Fields,
  Filter,
  Operand,
  Source,
  Step,
} from "../../fixtures/differential/convex/steps.lib";

/** One call from outside. A program makes its calls in order. */
export type Call =
  | { readonly call: "write"; readonly steps: readonly Step[]; readonly fails: boolean }
  | { readonly call: "read"; readonly steps: readonly Step[] }
  /** Reads page after page. The `n`-th list of writes runs after the `n`-th page. */
  | {
      readonly call: "walk";
      readonly source: Source;
      readonly numItems: number;
      readonly between: readonly (readonly Step[])[];
    };

export type Program = readonly Call[];

const bytes = (...list: number[]): ArrayBuffer => Uint8Array.from(list).buffer;

const SCALARS: readonly Value[] = [
  null,
  true,
  false,
  0n,
  1n,
  -1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  0,
  -0,
  1,
  -1.5,
  1e300,
  5e-324,
  Infinity,
  -Infinity,
  NaN,
  "",
  "a",
  "a\0",
  "ab",
  "b",
  "é",
  "😀",
  "\uffff",
  bytes(),
  bytes(0),
  bytes(0, 255),
  bytes(1),
];

const scalar = fc.constantFrom(...SCALARS);
const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 2 }) },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom("k", "l"), scalar, { maxKeys: 2 }) },
  { weight: 1, arbitrary: fc.constantFrom<Value>([[1], { k: [] }], { k: { l: -0 } }, { k: [NaN, [0n]] }) },
);
const operand: fc.Arbitrary<Operand> = fc.oneof(
  { weight: 8, arbitrary: value.map((one) => ({ value: one })) },
  { weight: 1, arbitrary: fc.constant({ missing: true as const }) },
);

const x: fc.Arbitrary<Operand> = fc.option(value, { nil: undefined }).map((one) => ({
  value: one === undefined ? {} : { x: one },
}));
const rank = fc.integer({ min: 1, max: 4 }).map((one) => ({ value: one }));
const some: fc.Arbitrary<Fields> = fc.record({ r: rank, a: operand, b: operand, n: x }, { requiredKeys: [] });
const fields: fc.Arbitrary<Fields> = fc.record(
  { r: rank, a: operand, b: operand, n: x },
  { requiredKeys: ["r"] },
);
const typedFields: fc.Arbitrary<Fields> = fc.record(
  {
    r: rank,
    a: fc.oneof(
      fc.constantFrom<Value>("one", "two", null).map((one) => ({ value: one })),
      operand,
    ),
    b: fc.oneof(
      fc.constantFrom<Value>(0n, 7n).map((one) => ({ value: one })),
      operand,
    ),
    n: fc.oneof(fc.constant<Operand>({ value: { x: [1, NaN] } }), x),
  },
  { requiredKeys: ["r", "a"] },
);

const table = fc.constantFrom("things" as const, "things" as const, "typed" as const);
const lower = fc.record({ op: fc.constantFrom("gt" as const, "gte" as const), operand });
const upper = fc.record({ op: fc.constantFrom("lt" as const, "lte" as const), operand });
const bounds: fc.Arbitrary<Bound[]> = fc
  .tuple(fc.option(lower), fc.option(upper))
  .map((both) => both.filter((bound) => bound !== null));

const filter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 2, depthIdentifier: "filter" },
    fc.record({
      op: fc.constantFrom("eq" as const, "neq" as const),
      field: fc.constantFrom("a", "b", "n", "n.x", "nowhere"),
      operand,
    }),
    // The mock supports inequalities only between numbers (see `faults.ts`). Every document has the number `r`.
    fc.record({
      op: fc.constantFrom("gt" as const, "gte" as const, "lt" as const, "lte" as const),
      field: fc.constant("r"),
      operand: rank,
    }),
    fc.record({
      op: fc.constantFrom("and" as const, "or" as const),
      parts: fc.array(tie("filter"), { minLength: 1, maxLength: 2 }),
    }),
    fc.record({ op: fc.constant("not" as const), part: tie("filter") }),
  ),
})).filter;

const source: fc.Arbitrary<Source> = fc
  .record({
    table,
    index: fc.constantFrom(
      "by_a_b" as const,
      "by_a_b" as const,
      "by_x" as const,
      "by_creation_time" as const,
      null,
    ),
    equal: fc.array(operand, { maxLength: 2 }),
    bounds,
    order: fc.constantFrom("asc" as const, "desc" as const, null),
    filter: fc.option(filter, { freq: 3 }),
  })
  .map((drawn): Source => {
    const index = drawn.table === "typed" && drawn.index === "by_x" ? "by_a_b" : drawn.index;
    const maxEqual = index === "by_a_b" ? 2 : index === "by_x" ? 1 : 0;
    const equal = drawn.equal.slice(0, maxEqual);
    // Creation times differ between engines, so programs must not compare anything with them.
    return { ...drawn, index, equal, bounds: equal.length < maxEqual ? drawn.bounds : [] };
  });

const target = fc.nat(12);
const reading: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("get" as const), target }),
  fc.record({
    do: fc.constant("query" as const),
    source,
    finish: fc.constantFrom<"collect" | "first" | "unique" | number>(
      "collect",
      "collect",
      "first",
      "unique",
      0,
      1,
      3,
    ),
  }),
);
const insert: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("insert" as const),
      table: fc.constant("things" as const),
      fields,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("insert" as const),
      table: fc.constant("typed" as const),
      fields: typedFields,
    }),
  },
);
const change: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom("patch" as const, "replace" as const),
    target,
    fields: fc.oneof(some, fields),
  }),
  fc.record({ do: fc.constant("delete" as const), target }),
);

const step: fc.Arbitrary<Step> = fc.letrec<{ step: Step }>((tie) => {
  const steps = fc.array(tie("step"), { maxLength: 3 });
  return {
    step: fc.oneof(
      { maxDepth: 2, depthIdentifier: "step" },
      { weight: 5, arbitrary: insert },
      { weight: 3, arbitrary: change },
      { weight: 3, arbitrary: reading },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant("nested" as const),
          steps,
          fails: fc.boolean(),
          caught: fc.boolean(),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant("all" as const),
          each: fc.array(fc.record({ steps, fails: fc.boolean() }), { minLength: 2, maxLength: 3 }),
        }),
      },
    ),
  };
}).step;

const call: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      call: fc.constant("write" as const),
      steps: fc.array(step, { maxLength: 6 }),
      fails: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ call: fc.constant("read" as const), steps: fc.array(reading, { maxLength: 4 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      call: fc.constant("walk" as const),
      source,
      numItems: fc.integer({ min: 1, max: 3 }),
      between: fc.array(fc.array(fc.oneof(insert, change), { maxLength: 2 }), { maxLength: 3 }),
    }),
  },
);

/** Each program starts with some inserts, so that later calls find documents. */
export const programs: fc.Arbitrary<Program> = fc
  .tuple(fc.array(insert, { minLength: 3, maxLength: 9 }), fc.array(call, { minLength: 1, maxLength: 5 }))
  .map(([first, calls]) => [{ call: "write", steps: first, fails: false }, ...calls]);
