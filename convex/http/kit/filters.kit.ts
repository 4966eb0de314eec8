import type { Paged } from "./contract.kit";
import { timeBound } from "./paging.kit";
import type { FieldError } from "./product.kit";

/** Parameters that combine with a search. */
const BESIDE_SEARCH = ["q", "limit", "cursor"];

/**
 * Returns an error for each query parameter of a list that does not combine with another one: `q` with anything but the page, two
 * filters without a common index, and an empty range of times.
 *
 * @param query The valid query parameters. @param filters The names of the list's filters, and `q`.
 */
export function combinationErrors(
  query: Readonly<Record<string, string>>,
  filters: readonly string[],
  paged: true | Paged,
): FieldError[] {
  const given = Object.keys(query);
  if (query["q"] !== undefined && filters.includes("q"))
    return given
      .filter((name) => !BESIDE_SEARCH.includes(name))
      .map((name) => error(name, "does not combine with q"));
  const [first, ...others] = filters.filter((name) => given.includes(name));
  const together = (typeof paged === "object" && paged.together) || [];
  const isServed = others.length === 0 || together.some((set) => isSameSet(set, [first ?? "", ...others]));
  const { createdAfter, createdBefore } = query;
  const isEmpty =
    createdAfter !== undefined &&
    createdBefore !== undefined &&
    timeBound(createdBefore) <= timeBound(createdAfter);
  return [
    ...(isServed
      ? []
      : [
          error(others.at(-1) ?? "", `does not combine with ${names([first ?? "", ...others.slice(0, -1)])}`),
        ]),
    ...(isEmpty ? [error("createdBefore", "must be after createdAfter")] : []),
  ];
}

const error = (path: string, message: string): FieldError => ({ in: "query", path, message });
const names = (list: readonly string[]) => list.join(" and ");

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}
