/** Live queries with the clients of the npm package `convex`. */
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { ConvexError } from "convex/values";
import { expect, onTestFinished, test } from "vitest";
import { chat, LIVE, openBaseClient, openClient, Received, subscribe } from "../../fixtures/live";
import { copyOf, serve, temporaryDirectory } from "../../fixtures/serve";

const channel = "general";

test("a subscribed query is pushed again after each mutation that changes it", async () => {
  const { server } = await serve({ project: LIVE });
  const reader = openClient(server.apiUrl);
  const writer = openClient(server.apiUrl);
  const list = subscribe<string[]>(reader, chat.list, { channel });
  await list.until(() => list.values.length === 1);
  for (const text of ["one", "two"]) {
    await writer.mutation(chat.send, { channel, text });
    await list.until(() => list.last?.at(-1) === text);
  }
  await server.run("chat:send", { channel, text: "three" });
  await list.until(() => list.last?.length === 3);
  expect(list.values).toEqual([[], ["one"], ["one", "two"], ["one", "two", "three"]]);
});

test("a mutation resolves only after the client has the queries that it changed", async () => {
  const { server } = await serve({ project: LIVE });
  const client = openClient(server.apiUrl);
  const list = subscribe<string[]>(client, chat.list, { channel });
  const count = subscribe<number>(client, chat.count, { channel });
  for (let i = 1; i <= 50; i++) {
    await client.mutation(chat.send, { channel, text: `${i}` });
    expect(list.last).toHaveLength(i);
    expect(count.last).toBe(i);
  }
});

test("all queries of a client show the same state, also under concurrent mutations", async () => {
  const { server } = await serve({ project: LIVE });
  const seen: [number, number][] = [];
  const states = new Received<[number, number]>();
  const client = openBaseClient(server.apiUrl, (base) => {
    const list = base.localQueryResult("chat:list", { channel }) as string[] | undefined;
    const count = base.localQueryResult("chat:count", { channel }) as number | undefined;
    if (list !== undefined && count !== undefined) states.next([list.length, count]);
  });
  client.subscribe("chat:list", { channel });
  client.subscribe("chat:count", { channel });
  const writers = Array.from({ length: 4 }, () => openClient(server.apiUrl));
  await Promise.all(
    writers.map(async (writer, w) => {
      for (let i = 0; i < 25; i++) await writer.mutation(chat.send, { channel, text: `${w} ${i}` });
    }),
  );
  await states.until(() => states.last?.[0] === 100);
  seen.push(...states.values);
  expect(seen.filter(([list, count]) => list !== count)).toEqual([]);
  expect(seen.map(([list]) => list)).toEqual(seen.map(([list]) => list).toSorted((a, b) => a - b));
});

test("a mutation re-runs only the queries that it touched, once for all clients", async () => {
  const { server } = await serve({ project: LIVE });
  const clients = Array.from({ length: 5 }, () => openClient(server.apiUrl));
  const touched = clients.map((client) => subscribe<string[]>(client, chat.list, { channel }));
  const others = clients.map((client) => subscribe<string[]>(client, chat.list, { channel: "other" }));
  for (const received of [...touched, ...others]) await received.until(() => received.last !== undefined);
  const runsOf = (name: string) => server.run("chat:runsOf", { name: `list ${name}` }) as Promise<number>;
  const before = [await runsOf(channel), await runsOf("other")] as const;
  for (let i = 1; i <= 3; i++) {
    await server.run("chat:send", { channel, text: `${i}` });
    for (const received of touched) await received.until(() => received.last?.length === i);
  }
  expect(await runsOf(channel)).toBe(before[0] + 3);
  expect(await runsOf("other")).toBe(before[1]);
  expect(others.map(({ values }) => values.length)).toEqual([1, 1, 1, 1, 1]);
});

test("a text search is pushed again after a mutation that it finds, and not after others", async () => {
  const { server } = await serve({ project: LIVE });
  const client = openClient(server.apiUrl);
  const found = subscribe<string[]>(client, chat.search, { channel, text: "quick bro" });
  const other = subscribe<string[]>(client, chat.search, { channel, text: "slow" });
  await other.until(() => other.last !== undefined);
  await client.mutation(chat.send, { channel, text: "a brown fox" });
  expect(found.last).toEqual(["a brown fox"]);
  await client.mutation(chat.send, { channel: "elsewhere", text: "a brown fox" });
  await client.mutation(chat.send, { channel, text: "a lazy dog" });
  await client.mutation(chat.send, { channel, text: "quick" });
  expect(found.last).toEqual(["quick", "a brown fox"]);
  expect(other.values).toEqual([[]]);
  const runsOf = (text: string) => server.run("chat:runsOf", { name: `search ${text}` });
  expect(await Promise.all(["quick bro", "slow"].map(runsOf))).toEqual([3, 1]);
});

test("errors of queries, mutations and actions reach the client with their data", async () => {
  const { server } = await serve({ project: LIVE });
  const client = openClient(server.apiUrl);
  const first = subscribe<string>(client, chat.first, { channel });
  await first.until(() => first.errors.length === 1);
  expect(first.errors[0]).toBeInstanceOf(ConvexError);
  expect(first.errors[0]).toHaveProperty("data", { empty: channel });
  const refused = client.mutation(chat.refuse, { channel, text: "x" });
  await expect(refused).rejects.toHaveProperty("data", { kind: "refused", size: 3n });
  await expect(client.action(chat.relay, { channel })).rejects.toThrow("missing the required field `text`");
  await expect(client.mutation(chat.list as unknown as typeof chat.send, { channel })).rejects.toThrow(
    "defined as Query",
  );
  await client.mutation(chat.send, { channel, text: "hello" });
  await first.until(() => first.last === "hello");
});

test("internal functions are not callable without the admin key", async () => {
  const { server } = await serve({ project: LIVE });
  const client = openClient(server.apiUrl);
  const args = { name: "x" };
  await expect(client.mutation("chat:runsOf" as never, args as never)).rejects.toThrow(
    "Could not find public function for 'chat:runsOf'",
  );
  (client.client as unknown as { setAdminAuth(key: string): void }).setAdminAuth(server.adminKey);
  expect(await client.mutation("chat:runsOf" as never, args as never)).toBe(0);
});

test("an action runs beside mutations and queries", async () => {
  const { server } = await serve({ project: LIVE });
  const gate = createServer((_request, response) => void open.then(() => response.end()));
  let release = (): void => undefined;
  const open = new Promise<void>((resolve) => (release = resolve));
  gate.listen(0, "127.0.0.1");
  await once(gate, "listening");
  onTestFinished(() => void gate.close());
  const url = `http://127.0.0.1:${(gate.address() as AddressInfo).port}`;
  const client = openClient(server.apiUrl);
  const list = subscribe<string[]>(client, chat.list, { channel });
  const acted = client.action(chat.relayAfter, { channel, text: "late", url });
  await client.mutation(chat.send, { channel, text: "early" });
  expect(list.last).toEqual(["early"]);
  release();
  expect(await acted).toMatch(/^[0-9a-z]{32}$/);
  await list.until(() => list.last?.length === 2);
  expect(list.last).toEqual(["early", "late"]);
});

test("an optimistic update is replaced by the result of the mutation in one step", async () => {
  const { server } = await serve({ project: LIVE });
  const seen: string[][] = [];
  const client = openBaseClient(server.apiUrl, (base) => {
    const list = base.localQueryResult("chat:list", { channel }) as string[] | undefined;
    if (list !== undefined) seen.push(list);
  });
  client.subscribe("chat:list", { channel });
  await client.mutation("chat:send", { channel, text: "one" });
  const text = "two";
  await client.mutation(
    "chat:send",
    { channel, text },
    {
      optimisticUpdate: (local) => {
        const shown = local.getQuery(chat.list, { channel }) as string[];
        local.setQuery(chat.list, { channel }, [...shown, `${text} (sending)`]);
      },
    },
  );
  const steps = seen.map((list) => list.join()).filter((step, i, all) => step !== all[i - 1]);
  expect(steps.slice(-3)).toEqual(["one", "one,two (sending)", "one,two"]);
});

test("the pages of a list stay free of gaps and overlaps while messages arrive", async () => {
  const { server } = await serve({ project: LIVE });
  for (let i = 0; i < 10; i++) await server.run("chat:send", { channel, text: `${i}` });
  const client = openClient(server.apiUrl);
  const pages = new Received<{ results: { text: string }[]; status: string; loadMore(n: number): boolean }>();
  client.onPaginatedUpdate_experimental(
    chat.page,
    { channel },
    { initialNumItems: 3 },
    (page) => pages.next(page as never),
    pages.fail,
  );
  await pages.until(() => pages.last?.status === "CanLoadMore");
  pages.last?.loadMore(3);
  await pages.until(() => pages.last?.results.length === 6);
  for (let i = 10; i < 14; i++) await client.mutation(chat.send, { channel, text: `${i}` });
  await pages.until(() => pages.last?.results.length === 10);
  const texts = pages.last?.results.map(({ text }) => Number(text));
  expect(texts).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 4]);
  expect(pages.errors).toEqual([]);
});

test("a new subscriber of a paginated query gets its own page, not the one that others have pinned", async () => {
  const { server } = await serve({ project: LIVE });
  await server.run("chat:send", { channel, text: "0" });
  await server.run("chat:send", { channel, text: "1" });
  const args = { channel, paginationOpts: { numItems: 1, cursor: null } };
  const early = subscribe<{ page: { text: string }[] }>(openClient(server.apiUrl), chat.page, args);
  await early.until(() => early.last !== undefined);
  await server.run("chat:send", { channel, text: "2" });
  await early.until(() => early.last?.page.length === 2);
  const late = subscribe<{ page: { text: string }[] }>(openClient(server.apiUrl), chat.page, args);
  await late.until(() => late.last !== undefined);
  expect(late.last?.page.map(({ text }) => text)).toEqual(["2"]);
});

test("results of more than 5 MB arrive in parts", async () => {
  const { server } = await serve({ project: LIVE });
  const client = openClient(server.apiUrl);
  const args = { channel, characters: 4_000_000 };
  const large = subscribe<{ count: number; text: string }>(client, chat.large, args);
  const list = subscribe<string[]>(client, chat.list, { channel });
  await client.mutation(chat.send, { channel, text: "one" });
  expect(large.last?.count).toBe(1);
  expect(large.last?.text).toBe('é"'.repeat(2_000_000));
  expect(list.last).toEqual(["one"]);
});

test("URLs of files and scheduled functions are live", async () => {
  const { server } = await serve({ project: LIVE });
  const client = openClient(server.apiUrl);
  const scheduled = subscribe<string[]>(client, chat.scheduled);
  const id = (await client.action(chat.store, {})) as string;
  const url = subscribe<string | null>(client, chat.url, { id });
  await url.until(() => typeof url.last === "string");
  await client.mutation(chat.unstore, { id });
  expect(url.last).toBeNull();
  await client.mutation(chat.schedule, { channel, text: "later" });
  await scheduled.until(() => scheduled.last?.[0] === "success");
});

test("a client that reconnects after a restart gets the current results and its queued mutation", async () => {
  const data = temporaryDirectory();
  const { server } = await serve({ project: LIVE, data });
  const client = openClient(server.apiUrl);
  const list = subscribe<string[]>(client, chat.list, { channel });
  await client.mutation(chat.send, { channel, text: "before" });
  const apiPort = Number(new URL(server.apiUrl).port);
  await server.close(0);
  const queued = client.mutation(chat.send, { channel, text: "queued" });
  const again = await serve({ project: LIVE, data, apiPort });
  await queued;
  expect(list.last).toEqual(["before", "queued"]);
  await again.server.run("chat:send", { channel, text: "after" });
  await list.until(() => list.last?.length === 3);
});

test("a stopping server finishes a mutation and answers it", async () => {
  let log = (): void => undefined;
  const { server } = await serve({ project: LIVE, log: () => log() });
  const client = openClient(server.apiUrl);
  const list = subscribe<string[]>(client, chat.list, { channel });
  await list.until(() => list.last !== undefined);
  const received = new Promise<void>((resolve) => (log = resolve));
  const sent = client.mutation(chat.send, { channel, text: "last" });
  // The function has logged its line, and its commit is still to come.
  await received;
  await Promise.all([sent, server.close()]);
  expect(list.last).toEqual(["last"]);
});

test("a new build runs all subscribed queries again", async () => {
  const project = copyOf(LIVE);
  const { server } = await serve({ project });
  const client = openClient(server.apiUrl);
  const list = subscribe<string[]>(client, chat.list, { channel });
  await client.mutation(chat.send, { channel, text: "one" });
  const file = join(project, "convex/chat.ts");
  writeFileSync(
    file,
    readFileSync(file, "utf8").replace("map(({ text }) => text)", "map(({ text }) => `${text}!`)"),
  );
  await server.reload();
  await list.until(() => list.last?.[0] === "one!");
});

test("a query of a table that does not exist yet is pushed when the table appears", async () => {
  const project = copyOf(LIVE);
  const file = join(project, "convex/chat.ts");
  const more = `
    export const notes = queryGeneric({ handler: (ctx) => ctx.db.query("notes").collect() });
    export const note = mutationGeneric({ handler: (ctx) => ctx.db.insert("notes", { text: "one" }) });
  `;
  writeFileSync(file, readFileSync(file, "utf8") + more);
  rmSync(join(project, "convex/schema.ts"));
  const { server } = await serve({ project });
  const notes = subscribe<{ text: string }[]>(openClient(server.apiUrl), "chat:notes" as never);
  await notes.until(() => notes.last?.length === 0);
  await server.run("chat:note", {});
  await notes.until(() => notes.last?.[0]?.text === "one");
});
