/** The stream of an export, with a fake list of items: ties, changes between the pages, errors, time, and clients that leave. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { among, readPage, type PageRequest } from "../../lib/page.lib";
import { fakeContext, goodKey } from "../testing/fakeContext.testing";
import { problem } from "../testing/replies.testing";

type Item = { _id: string; _creationTime: number; name: string; updatedAt: number };
type Line = { id: string; name?: string; next?: string; problem?: { code: string } };

const TIME = Date.UTC(2026, 0, 31);
/** The number of items that one query reads. */
const PAGE = 200;

const itemsOf = (count: number, timeOf = (n: number) => TIME + n): Item[] =>
  Array.from({ length: count }, (_, n) => ({
    _id: `item${String(n).padStart(6, "0")}`,
    _creationTime: timeOf(n),
    name: `bolt ${n}`,
    updatedAt: TIME,
  }));

/** Returns an item of half a megabyte. A reply has at most 41 of them. */
const huge = (item: Item): Item => ({ ...item, name: "x".repeat(500_000) });

/** Opens the export of a list of items. @param before Runs before each query. */
async function exporting(items: Item[], before: (query: number) => Promise<void> | void = () => undefined) {
  const { key, answers } = await goodKey();
  const { asked, sendUnchecked } = fakeContext({
    ...answers,
    "items:list": async (page) => {
      await before(asked.filter((name) => name === "items:list").length);
      return readPage(page as PageRequest, (range) => among(items, range));
    },
  });
  return {
    queries: () => asked.filter((name) => name === "items:list").length,
    open: (path = "/api/items/export", signal?: AbortSignal) =>
      sendUnchecked(path, { headers: { "X-API-Key": key }, ...(signal && { signal }) }),
  };
}

const linesOf = (text: string) =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);

/** Reads one line at a time. */
function reading(reply: Response) {
  const reader = (reply.body as ReadableStream<Uint8Array>).getReader();
  const next = async () => linesOf(new TextDecoder().decode((await reader.read()).value))[0];
  return {
    next,
    take: async (count: number) => {
      const lines = [];
      while (lines.length < count) lines.push(await next());
      return lines;
    },
    cancel: () => reader.cancel(),
  };
}

/** Follows `next` to the end. Returns the lines of each reply, without the last lines. */
async function follow(open: (path?: string) => Promise<Response>): Promise<Line[][]> {
  const replies: Line[][] = [];
  let path: string | undefined;
  do {
    const lines = linesOf(await (await open(path)).text());
    path = lines.at(-1)?.next;
    replies.push(path === undefined ? lines : lines.slice(0, -1));
  } while (path !== undefined);
  return replies;
}

const idsOf = (items: readonly (Line | undefined)[]) => items.map((item) => item?.id);
const stored = (items: readonly Item[]) => items.map(({ _id }) => _id);

afterEach(() => void vi.unstubAllEnvs());

describe("items with equal creation times", () => {
  test.each([0, 1, PAGE - 1, PAGE, PAGE + 1, 5 * PAGE])("%i of them are each on one line", async (count) => {
    const items = itemsOf(count, () => TIME);
    const { open } = await exporting(items);
    expect((await follow(open)).map(idsOf)).toEqual([stored(items)]);
  });

  test("are each on one line if a reply ends between them", async () => {
    const items = itemsOf(50, (n) => TIME + (n > 5 ? 0.25 : 0)).map(huge);
    const replies = await follow((await exporting(items)).open);
    expect(replies.map(({ length }) => length)).toEqual([41, 9]);
    expect(idsOf(replies.flat())).toEqual(stored(items));
  });
});

test("the last line has the path of the public address", async () => {
  vi.stubEnv("PUBLIC_URL", "https://example.com/rest");
  const { open } = await exporting(itemsOf(50).map(huge));
  const { next } = linesOf(await (await open()).text()).at(-1) ?? {};
  expect(next).toMatch(/^\/rest\/api\/items\/export\?cursor=[\w-]+$/);
});

describe("while others write", () => {
  test("a deleted item hides no other one, also the last of a page", async () => {
    const items = itemsOf(3 * PAGE);
    const { open } = await exporting(items, (query) => {
      if (query === 2) items.splice(PAGE - 1, 3);
    });
    const all = stored(itemsOf(3 * PAGE));
    expect((await follow(open)).map(idsOf)).toEqual([[...all.slice(0, PAGE), ...all.slice(PAGE + 2)]]);
  });

  test("a changed item is on one line, and a new item is at the end", async () => {
    const items = itemsOf(2 * PAGE);
    const { open } = await exporting(items, (query) => {
      if (query !== 2) return;
      for (const item of items) Object.assign(item, { name: "changed", updatedAt: TIME + 1 });
      items.push({ _id: "new", _creationTime: TIME + 9999, name: "late", updatedAt: TIME });
    });
    const [lines = []] = await follow(open);
    expect(idsOf(lines)).toEqual(stored(items));
    expect(lines[PAGE - 1]?.name).toBe(`bolt ${PAGE - 1}`);
    expect(lines[PAGE]?.name).toBe("changed");
  });
});

describe("a client", () => {
  test("that reads slowly slows the queries down", async () => {
    const { open, queries } = await exporting(itemsOf(5 * PAGE));
    const { take, cancel } = reading(await open());
    await take(PAGE);
    expect(queries()).toBe(1);
    await take(1);
    expect(queries()).toBe(2);
    await cancel();
  });

  test.each(["cancels", "aborts"])("that %s stops the queries", async (how) => {
    const { open, queries } = await exporting(itemsOf(5 * PAGE));
    const client = new AbortController();
    const { take, cancel } = reading(await open(undefined, client.signal));
    await take(PAGE + 5);
    if (how === "aborts") client.abort();
    await cancel();
    expect(queries()).toBe(2);
  });
});

describe("a query that fails", () => {
  const failAt = (at: number) => (query: number) => {
    if (query === at) throw new Error("secret");
  };

  test("before the first line is a problem", async () => {
    const { open } = await exporting(itemsOf(5), failAt(1));
    await problem(open(), 500, "internal");
  });

  test("later ends the reply with the problem as its last line", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const { open } = await exporting(itemsOf(5 * PAGE), failAt(2));
    const text = await (await open()).text();
    expect(text).not.toContain("secret");
    expect(linesOf(text)).toHaveLength(PAGE + 1);
    expect(linesOf(text).at(-1)).toMatchObject({ problem: { code: "internal" } });
  });
});

describe("when the time of a reply is over", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());
  const never = () => new Promise<void>(() => undefined);
  /** The timeout of requests is 25 seconds. */
  const passTime = () => vi.advanceTimersByTime(24_000);

  test("while a query runs, the last line leads to the rest", async () => {
    const items = itemsOf(2 * PAGE);
    const { open } = await exporting(items, (query) => (query === 2 ? never() : undefined));
    const { take, next } = reading(await open());
    const lines = await take(PAGE);
    const last = next();
    passTime();
    const rest = await follow(async (path) => open(path ?? (await last)?.next));
    expect(idsOf([...lines, ...rest.flat()])).toEqual(stored(items));
  });

  test("while the client does not read, no line is lost or repeated", async () => {
    const items = itemsOf(2 * PAGE);
    const { open } = await exporting(items);
    const { take, next } = reading(await open());
    const lines = await take(7);
    passTime();
    const last = await next();
    const rest = await follow((path) => open(path ?? last?.next));
    expect(idsOf([...lines, ...rest.flat()])).toEqual(stored(items));
  });

  test("before the first line, the reply is 503 with Retry-After", async () => {
    let started: (() => void) | undefined;
    const begun = new Promise<void>((resolve) => (started = resolve));
    const { open } = await exporting(itemsOf(1), () => {
      started?.();
      return never();
    });
    const reply = open();
    await begun;
    passTime();
    await problem(reply, 503, "timed_out");
    expect((await reply).headers.get("retry-after")).toBe("5");
  });
});
