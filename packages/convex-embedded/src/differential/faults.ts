/**
 * The differences between the official mock and Convex, and how the random programs avoid them.
 *
 * The tests run each program on both engines. The results must differ: if they do not, the mock was fixed and the entry can go.
 */
import type { Filter, Operand, Source } from "../../fixtures/differential/convex/steps.lib";
import type { Program } from "./programs";

export interface Fault {
  readonly fault: string;
  /** Why the mock is wrong. */
  readonly reason: string;
  /** How the random programs avoid the fault. */
  readonly instead: string;
  readonly program: Program;
}

const of = (value: Extract<Operand, { value: unknown }>["value"]): Operand => ({ value });

const insert = (a: Operand) => ({ do: "insert", table: "things", fields: { r: of(1), a } }) as const;

const things: Source = { table: "things", index: null, equal: [], bounds: [], order: null, filter: null };

const filtered = (values: readonly Operand[], filter: Filter): Program => [
  { call: "write", steps: values.map(insert), fails: false },
  { call: "read", steps: [{ do: "query", source: { ...things, filter }, finish: "collect" }] },
];

export const FAULTS: readonly Fault[] = [
  {
    fault: "`q.lt` and the other inequalities in filters never match a missing field",
    reason: "Convex sorts `undefined` before every value. The mock uses JavaScript's `<`",
    instead: "inequalities use only the field `r`, which every document has",
    program: filtered([{ missing: true }], { op: "lt", field: "a", operand: of(1) }),
  },
  {
    fault: "`q.lt` and the other inequalities convert values of different types",
    reason: 'Convex sorts by type first. The mock uses JavaScript\'s `<`, for which "1" < 2 and null < 1',
    instead: "the field `r` is always a number",
    program: filtered([of("1"), of(true)], { op: "lt", field: "a", operand: of(2) }),
  },
  {
    fault: "`q.lt` and the other inequalities do not order NaN and -0",
    reason: "on Convex -0 < 0, and NaN is greater than all numbers. In JavaScript both are false",
    instead: "the field `r` is a whole number above zero",
    program: filtered([of(NaN), of(-0)], { op: "lt", field: "a", operand: of(0) }),
  },
  {
    fault: "`q.lt` and the other inequalities compare arrays, objects and bytes as text",
    reason: "Convex compares them element by element",
    instead: "the field `r` is a number",
    program: filtered([of([10])], { op: "gt", field: "a", operand: of([9]) }),
  },
  {
    fault: "a page that ends with the last document is done",
    reason: "Convex does not read beyond the page: the page after it is empty, and done",
    instead:
      "the embedded engine reads as many pages as the mock, and its last page may be full instead of done",
    program: [
      { call: "write", steps: [insert(of(1))], fails: false },
      { call: "walk", source: things, numItems: 1, between: [] },
    ],
  },
];
