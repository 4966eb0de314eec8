/** The range of an index, as a function builds it in `withIndex`. */
import type { JSONValue, Value } from "convex/values";
import { convexToJson } from "convex/values";
import type { RangeExpression } from "../query/range";
import type { SlowRange, Comparison } from "./slowQuery";

/** One bound: the value that the function passed, and its JSON form. */
export interface Bound {
  readonly method: Comparison;
  readonly field: string;
  readonly given: unknown;
  readonly json: JSONValue;
}

const TYPES = { eq: "Eq", gt: "Gt", gte: "Gte", lt: "Lt", lte: "Lte" } as const;

/** The builder that `withIndex` passes to its callback. */
export class FastRange {
  // Private in TypeScript only, see `FastQuery`.
  private used = false;

  constructor(private readonly bounds: readonly Bound[]) {}

  eq(field: string, value: unknown): FastRange {
    return this.with("eq", field, value);
  }

  gt(field: string, value: unknown): FastRange {
    return this.with("gt", field, value);
  }

  gte(field: string, value: unknown): FastRange {
    return this.with("gte", field, value);
  }

  lt(field: string, value: unknown): FastRange {
    return this.with("lt", field, value);
  }

  lte(field: string, value: unknown): FastRange {
    return this.with("lte", field, value);
  }

  export(): readonly Bound[] {
    this.use();
    return this.bounds;
  }

  private with(method: Comparison, field: string, given: unknown): FastRange {
    this.use();
    const json = given === undefined ? { $undefined: null } : convexToJson(given as Value);
    return new FastRange([...this.bounds, { method, field, given, json }]);
  }

  private use(): void {
    if (this.used) {
      throw new Error(
        "IndexRangeBuilder has already been used! Chain your method calls like `q => q.eq(...).eq(...)`. " +
          "See https://docs.convex.dev/using/indexes",
      );
    }
    this.used = true;
  }
}

/** Converts a bound to its form in a serialized query. */
export const expressionOf = ({ method, field, json }: Bound): RangeExpression => ({
  type: TYPES[method],
  fieldPath: field,
  value: json,
});

/** Applies the same bounds to a query of `convex/server`. */
export const replayBounds =
  (bounds: readonly Bound[]) =>
  (range: SlowRange): SlowRange =>
    bounds.reduce((q, { method, field, given }) => q[method](field, given), range);
