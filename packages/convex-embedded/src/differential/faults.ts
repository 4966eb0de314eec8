/**
 * Where the official mock does otherwise than Convex, and what the random programs leave out because of it.
 *
 * The tests run each program on both engines: they must differ, or the mock has been repaired and the entry can go.
 */
import type { Filter, Operand, Source } from "../../fixtures/differential/convex/steps.lib";
import type { Program } from "./programs";

export interface Fault {
  readonly fault: string;
  /** Why it is the mock that is wrong. */
  readonly reason: string;
  /** What the random programs do instead. */
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
    fault: "`q.lt` and its like in filters compare a missing field with nothing",
    reason: "Convex sorts `undefined` before every value; the mock uses `<` of JavaScript",
    instead: "filters compare by order the field `r` only, which every document has",
    program: filtered([{ missing: true }], { op: "lt", field: "a", operand: of(1) }),
  },
  {
    fault: "`q.lt` and its like convert values of different types",
    reason: 'Convex sorts by type first; the mock uses `<` of JavaScript, for which "1" < 2 and null < 1',
    instead: "the field `r` is always a number",
    program: filtered([of("1"), of(true)], { op: "lt", field: "a", operand: of(2) }),
  },
  {
    fault: "`q.lt` and its like order neither NaN nor -0",
    reason: "for Convex -0 < 0 and NaN is greater than all numbers; for JavaScript not",
    instead: "the field `r` is a whole number above zero",
    program: filtered([of(NaN), of(-0)], { op: "lt", field: "a", operand: of(0) }),
  },
  {
    fault: "`q.lt` and its like compare arrays, objects and bytes as texts",
    reason: "Convex compares them element by element",
    instead: "the field `r` is a number",
    program: filtered([of([10])], { op: "gt", field: "a", operand: of([9]) }),
  },
  {
    fault: "a page that ends with the last document is done",
    reason: "Convex does not look further than the page: the next one is empty, and done",
    instead:
      "the embedded engine reads as many pages as the mock had, and the last may be full instead of done",
    program: [
      { call: "write", steps: [insert(of(1))], fails: false },
      { call: "walk", source: things, numItems: 1, between: [] },
    ],
  },
];
