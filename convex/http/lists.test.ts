/**
 * The promises of all lists: order, ranges of the creation time, filters and their combinations, and cursors. One suite, generated from
 * the contracts. The fixtures of the resources create the elements.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { indexOn } from "../lib/list.lib";
import { api } from "./api.app";
import { advanceClock, as, now, useEngine, type Call } from "./testing/engine.testing";
import { FIXTURES, type List, type Values } from "./testing/fixtures.testing";
import { nextOf, page, problem } from "./testing/replies.testing";
import { routeOf, type Route } from "./testing/routes.testing";

useEngine();

const routes = (await api.contracts()).map(routeOf).filter(({ paged }) => paged !== undefined);

test("every list has an entry in the fixtures, and every entry a list", () => {
  expect(Object.keys(FIXTURES.lists).sort()).toEqual(routes.map(({ title }) => title).sort());
});

type Made = { id: string; values: Values; before: number };
let count = 0;
/** Each list gets at least this number of elements, so that it has several pages. */
const FEWEST = 4;

/** A list with elements. All requests are restricted to the elements that `fill` has created. */
class Filled {
  readonly made: Made[] = [];
  private constructor(
    readonly list: List,
    readonly path: string,
    readonly owner: Call,
    readonly since: number,
    readonly bound: Values,
  ) {}

  static async create(route: Route, list: List): Promise<Filled> {
    const owner = await as(`owner${++count}`);
    const path = (await list.path?.(owner)) ?? route.path;
    advanceClock(1_000);
    const bound = (await list.bind?.(owner)) ?? {};
    const filled = new Filled(list, path, owner, now(), bound);
    const combinations = combinationsOf(list.filters ?? {});
    const copies = Array.from({ length: Math.ceil(FEWEST / combinations.length) });
    // The copies of an element follow it, because `make` creates the values in their order.
    for (const values of combinations)
      for (const [copy] of copies.entries()) await filled.add(copy > 0 && list.unique ? {} : values);
    return filled;
  }

  async add(values: Values): Promise<void> {
    const before = now();
    const id = await this.list.make(this.owner, this.valuesOf(values), ++count, this.path);
    this.made.push({ id, values, before });
    advanceClock(1_000);
  }

  query(query: Values): string {
    return `${this.path}?${new URLSearchParams({ createdAfter: new Date(this.since).toISOString(), ...this.valuesOf(query) }).toString()}`;
  }

  /** Returns the values with those of the placeholders. */
  private valuesOf(values: Values): Values {
    return Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, this.bound[value] ?? value]),
    );
  }

  /** Returns the ids of all pages. Runs `between` after each page. */
  async walk(query: Values, between = () => Promise.resolve()): Promise<string[]> {
    const ids: string[] = [];
    for (let path: string | undefined = this.query({ limit: "2", ...query }); path !== undefined;) {
      const response: Response = await this.owner("GET", path);
      path = nextOf(response);
      const found = await page(response);
      if (path !== undefined) expect(found.length).toBe(2);
      ids.push(...found.map((element) => String(element[this.list.id ?? "id"])));
      await between();
    }
    return ids;
  }

  /** The ids of the elements that have these values, newest first. */
  having(values: Values): string[] {
    const wanted = Object.entries(values);
    return this.made
      .filter((made) => wanted.every(([name, value]) => made.values[name] === value))
      .map(({ id }) => id)
      .reverse();
  }
}

/** Returns each combination of one value of each filter. The first filter's values vary slowest. */
function combinationsOf(filters: Readonly<Record<string, readonly string[]>>): Values[] {
  return Object.entries(filters).reduce<Values[]>(
    (sets, [name, values]) => sets.flatMap((set) => values.map((value) => ({ ...set, [name]: value }))),
    [{}],
  );
}

/** Returns all sets of names with at least one name. */
function setsOf(names: readonly string[]): string[][] {
  return names
    .reduce<string[][]>((sets, name) => [...sets, ...sets.map((set) => [...set, name])], [[]])
    .slice(1);
}

const pick = (values: Values, names: readonly string[]): Values =>
  Object.fromEntries(names.map((name) => [name, values[name] ?? ""]));

describe.each(routes.map((route) => [route.title, route] as const))("%s", (title, route) => {
  const list = FIXTURES.lists[title];
  if (!list) return;
  const filters = Object.keys(list.filters ?? {});
  const paged = typeof route.paged === "object" ? route.paged : {};
  const served = [...filters.map((name) => [name]), ...(paged.together ?? [])];
  const isServed = (names: readonly string[]) =>
    served.some((set) => set.length === names.length && set.every((name) => names.includes(name)));
  let filled: Filled;
  beforeAll(async () => {
    filled = await Filled.create(route, list);
  });

  test("has values for each declared filter", () => {
    expect(filters).toEqual(Object.keys(route.inputs.query).filter((name) => name !== "q"));
  });

  test("is sorted by creation, the newest first unless order=asc", async () => {
    const newestFirst = filled.having({});
    expect(await filled.walk({})).toEqual(newestFirst);
    expect(await filled.walk({ order: "desc" })).toEqual(newestFirst);
    expect(await filled.walk({ order: "asc" })).toEqual(newestFirst.toReversed());
  });

  test("createdAfter is inclusive, and createdBefore is not", async () => {
    const [first, ...rest] = filled.made;
    const last = rest.at(-1);
    const time = (made: Made | undefined) => new Date(made?.before ?? 0).toISOString();
    const ids = filled.made.map(({ id }) => id);
    expect(await filled.walk({ order: "asc", createdAfter: time(rest[0]) })).toEqual(ids.slice(1));
    expect(await filled.walk({ order: "asc", createdBefore: time(last) })).toEqual(ids.slice(0, -1));
    const both = { createdAfter: time(rest[0]), createdBefore: time(last) };
    expect(await filled.walk(both)).toEqual(ids.slice(1, -1).reverse());
    expect(await filled.walk({ createdAfter: time(first) })).toEqual(ids.toReversed());
  });

  test("an invalid order or time, and an empty range, return 400 that names the parameter", async () => {
    const refused = async (query: Values, path: string, message: string) => {
      const search = new URLSearchParams(query).toString();
      const reply = filled.owner("GET", `${filled.path}?${search}`);
      const { errors } = await problem(reply, 400, "invalid_request");
      expect(errors).toEqual([{ in: "query", path, message }]);
    };
    for (const order of ["", "ASC", "newest"]) await refused({ order }, "order", "must be one of asc, desc");
    for (const name of ["createdAfter", "createdBefore"])
      for (const time of ["", "2026-01-31", "1767225600000", "2026-02-30T00:00:00Z"])
        await refused({ [name]: time }, name, "must be a time such as 2030-01-31T12:00:00Z");
    const time = "2026-01-31T12:00:00Z";
    const range = { createdAfter: time, createdBefore: time };
    await refused(range, "createdBefore", "must be after createdAfter");
  });

  test("each served combination of filters selects, with an order and a range", async () => {
    for (const names of served) {
      for (const values of combinationsOf(list.filters ?? {})) {
        const wanted = pick(values, names);
        const expected = filled.having(wanted);
        expect(await filled.walk(wanted), JSON.stringify(wanted)).toEqual(expected);
        expect(await filled.walk({ ...wanted, order: "asc" })).toEqual(expected.toReversed());
        const createdAfter = new Date(filled.made[1]?.before ?? 0).toISOString();
        const without = expected.filter((id) => id !== filled.made[0]?.id);
        expect(await filled.walk({ ...wanted, createdAfter })).toEqual(without);
      }
    }
  });

  test("any other combination of filters returns 400 that names a filter", async () => {
    for (const names of setsOf(filters).filter((set) => !isServed(set))) {
      const reply = filled.owner(
        "GET",
        filled.query(pick(combinationsOf(list.filters ?? {})[0] ?? {}, names)),
      );
      const { errors } = await problem(reply, 400, "invalid_request");
      expect(errors).toMatchObject([{ in: "query", path: names.at(-1) }]);
    }
  });

  test("a cursor is bound to the order, the range and the filters", async () => {
    const cursor = cursorOf(await filled.owner("GET", filled.query({ limit: "1" })));
    const others: Values[] = [
      { order: "asc" },
      { createdAfter: new Date(filled.since + 1).toISOString() },
      ...filters.map((name) => ({ [name]: list.filters?.[name]?.[0] ?? "" })),
    ];
    for (const other of others)
      await problem(filled.owner("GET", filled.query({ ...other, cursor })), 400, "invalid_cursor");
    expect(await page(filled.owner("GET", filled.query({ order: "desc", limit: "1", cursor })))).toHaveLength(
      1,
    );
  });

  test("walking while others insert loses and repeats no element", async () => {
    const values = combinationsOf(list.filters ?? {}).at(-1) ?? {};
    const insert = () => filled.add(list.unique ? {} : values);
    const start = filled.having({});
    expect(await filled.walk({}, insert)).toEqual(start);
    const sinceStart = filled.having({}).toReversed();
    let inserts = 0;
    const ascending = await filled.walk({ order: "asc" }, async () => {
      if (inserts++ < 2) await insert();
    });
    expect(ascending).toEqual([...sinceStart, ...filled.having({}).slice(0, 2).reverse()]);
  });
});

const cursorOf = (response: Response) =>
  new URL(nextOf(response) ?? "", "https://api.example.test").searchParams.get("cursor") ?? "";

test("an index on other fields serves no list", () => {
  expect(() => indexOn("users", ["name"])).toThrow("The table users has no index on name");
});
