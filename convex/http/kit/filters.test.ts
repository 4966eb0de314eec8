import { expect, test } from "vitest";
import { combinationErrors } from "./filters.kit";

const PAGED = { together: [["owner", "status"]] };
const NAMES = ["owner", "status", "type"];
const errorsOf = (query: Record<string, string>, paged: Parameters<typeof combinationErrors>[2] = PAGED) =>
  combinationErrors(query, NAMES, paged).map(({ path, message }) => `${path} ${message}`);

test("one filter, and a served combination in any order, are accepted with the rest of the query", () => {
  const rest = { limit: "1", cursor: "x", order: "asc", createdAfter: "2026-01-31T12:00:00Z" };
  for (const query of [
    {},
    { owner: "a" },
    { type: "a" },
    { owner: "a", status: "b" },
    { status: "b", owner: "a" },
  ])
    expect(errorsOf({ ...query, ...rest })).toEqual([]);
});

test("another combination is refused, and the error names the filters", () => {
  expect(errorsOf({ owner: "a", type: "b" })).toEqual(["type does not combine with owner"]);
  expect(errorsOf({ type: "c", status: "b", owner: "a" })).toEqual([
    "type does not combine with owner and status",
  ]);
  for (const paged of [true, {}] as const)
    expect(errorsOf({ owner: "a", status: "b" }, paged)).toEqual(["status does not combine with owner"]);
});

test("a range that ends before it begins is refused", () => {
  const at = (ms: string) => `2026-01-31T12:00:00.${ms}Z`;
  const range = (createdAfter: string, createdBefore: string) => errorsOf({ createdAfter, createdBefore });
  expect(range(at("100"), at("101"))).toEqual([]);
  for (const [from, before] of [
    [at("100"), at("100")],
    [at("101"), at("100")],
    [at("1000001"), at("101")],
    ["2026-01-31T13:00:00+01:00", "2026-01-31T12:00:00Z"],
  ] as const)
    expect(range(from, before)).toEqual(["createdBefore must be after createdAfter"]);
});

test("only limit and cursor combine with a search", () => {
  const query = {
    q: "bolt",
    limit: "1",
    cursor: "x",
    order: "asc",
    createdBefore: "2026-01-31T12:00:00Z",
    owner: "a",
  };
  expect(combinationErrors(query, ["q", ...NAMES], { search: true }).map(({ path }) => path)).toEqual([
    "order",
    "createdBefore",
    "owner",
  ]);
});
