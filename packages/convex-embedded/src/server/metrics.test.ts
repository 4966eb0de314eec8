import { request } from "node:http";
import { join } from "node:path";
import { once } from "node:events";
import { ConvexClient } from "convex/browser";
import { anyApi } from "convex/server";
import { expect, onTestFinished, test } from "vitest";
import { serve } from "../../fixtures/serve";
import { raw } from "../../fixtures/sockets";
import type { EmbeddedServer } from "./server";

const FIGURES = join(import.meta.dirname, "../../fixtures/metrics");

interface Scrape {
  readonly status: number;
  readonly type: string | undefined;
  readonly text: string;
}

/** Sends headers that `fetch` does not send. */
async function scrape(server: EmbeddedServer, headers: Record<string, string> = {}): Promise<Scrape> {
  const outgoing = request(`${server.apiUrl}/metrics`, { headers }).end();
  const [reply] = (await once(outgoing, "response")) as [
    AsyncIterable<Buffer> & { statusCode: number; headers: Record<string, string> },
  ];
  let text = "";
  for await (const chunk of reply) text += chunk.toString();
  return { status: reply.statusCode, type: reply.headers["content-type"], text };
}

/** Scrapes with the admin key and returns the value of each sample. */
async function samples(server: EmbeddedServer): Promise<Record<string, number>> {
  const { status, text } = await scrape(server, { authorization: `Convex ${server.adminKey}` });
  expect(status).toBe(200);
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
  );
}

test("the metrics need the admin key", async () => {
  const { server } = await serve();
  expect((await scrape(server)).status).toBe(403);
  expect((await scrape(server, { authorization: "Convex embedded_wrong" })).status).toBe(403);
  const { status, type, text } = await scrape(server, { authorization: `Convex ${server.adminKey}` });
  expect([status, type]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
  expect(text).toMatch(/^# HELP convex_http_requests_in_flight /m);
  expect(text).not.toContain(server.adminKey);
  const head = await fetch(`${server.apiUrl}/metrics`, {
    method: "HEAD",
    headers: { authorization: `Convex ${server.adminKey}` },
  });
  expect([head.status, await head.text()]).toEqual([200, ""]);
  const posted = await fetch(`${server.apiUrl}/metrics`, { method: "POST" });
  expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
});

test("open metrics are for programs on this machine only, and not for clients of a proxy or foreign pages", async () => {
  const { server } = await serve({ metrics: { open: true } });
  const { port } = new URL(server.apiUrl);
  expect((await scrape(server)).status).toBe(200);
  expect((await scrape(server, { host: `localhost:${port}` })).status).toBe(200);
  const refused: Record<string, string>[] = [
    { "x-forwarded-for": "127.0.0.1" },
    { forwarded: "for=127.0.0.1" },
    { "x-real-ip": "127.0.0.1" },
    { via: "1.1 proxy" },
    { host: "rebound.example" },
    { host: `localhost.example:${port}` },
    { origin: "https://page.example" },
  ];
  for (const headers of refused)
    expect([headers, (await scrape(server, headers)).status]).toEqual([headers, 403]);
  const key = { authorization: `Convex ${server.adminKey}`, "x-forwarded-for": "192.0.2.1" };
  expect((await scrape(server, key)).status).toBe(200);
  // A request without a host is invalid in HTTP/1.1 and allowed in HTTP/1.0.
  expect(await raw(server.apiUrl, "GET /metrics HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 403/);
});

test("requests are counted by the pattern of their route on both ports, whatever paths and methods clients send", async () => {
  const { server } = await serve();
  await fetch(`${server.url}/status`);
  await fetch(`${server.url}/throw`);
  for (const path of ["s3cret-a", "s3cret-b"]) {
    await fetch(`${server.url}/items/${path}`);
    await fetch(`${server.url}/${path}`);
    await fetch(`${server.apiUrl}/api/storage/${path}`);
    await fetch(`${server.apiUrl}/${path}`);
    await raw(server.url, `PROPFIND /${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  }
  const all = await samples(server);
  const counted = Object.entries(all).filter(([name]) => name.startsWith("convex_http_requests_total"));
  expect(Object.fromEntries(counted)).toEqual({
    'convex_http_requests_total{port="http",method="GET",route="/status",status="200"}': 1,
    'convex_http_requests_total{port="http",method="GET",route="/throw",status="500"}': 1,
    'convex_http_requests_total{port="http",method="GET",route="/items/*",status="500"}': 2,
    'convex_http_requests_total{port="http",method="GET",route="/*",status="404"}': 2,
    'convex_http_requests_total{port="http",method="other",route="/*",status="404"}': 2,
    'convex_http_requests_total{port="api",method="GET",route="/api/storage/*",status="400"}': 2,
    'convex_http_requests_total{port="api",method="GET",route="/*",status="404"}': 2,
  });
  expect(Object.keys(all).join("\n")).not.toContain("s3cret");
  const timed = 'convex_http_request_duration_seconds_count{port="http",method="GET",route="/items/*"}';
  expect(all[timed]).toBe(2);
});

test("a request that has not ended is in flight", async () => {
  const { server } = await serve();
  const inFlight = async (): Promise<number | undefined> =>
    (await samples(server))['convex_http_requests_in_flight{port="http"}'];
  const open = await fetch(`${server.url}/stream`);
  expect(await inFlight()).toBe(1);
  await open.body?.cancel();
  await expect.poll(inFlight).toBe(0);
});

test("the store, the scheduler, the cache and the process have figures", async () => {
  const { server } = await serve({ project: FIGURES });
  const before = await samples(server);
  await server.run("figures:write", { result: [] });
  await server.run("figures:fail", {}).catch(() => undefined);
  await server.run("figures:read", {});
  await server.run("figures:read", {});
  await server.run("figures:schedule", { afterMs: 3_600_000 });
  const after = await samples(server);
  const grown = (name: string): number => (after[name] ?? NaN) - (before[name] ?? NaN);
  expect(grown("convex_mutations_committed_total")).toBe(2);
  expect(grown("convex_mutations_rolled_back_total")).toBe(1);
  expect(grown("convex_sqlite_commits_total")).toBe(3);
  expect(grown("convex_query_cache_misses_total")).toBe(1);
  expect(grown("convex_query_cache_hits_total")).toBe(1);
  expect(after).toMatchObject({
    convex_query_cache_entries: 1,
    convex_sqlite_failed_commits_total: 0,
    convex_mutations_queued: 0,
    convex_scheduled_functions_pending: 1,
    convex_scheduled_functions_due: 0,
    convex_scheduled_functions_lag_seconds: 0,
    convex_live_sockets: 0,
    convex_live_queries: 0,
  });
  const positive = [
    "convex_sqlite_database_bytes",
    "convex_sqlite_wal_bytes",
    "process_resident_memory_bytes",
    "process_cpu_seconds_total",
    "nodejs_heap_size_used_bytes",
  ];
  for (const name of positive)
    expect([name, after[name]]).toEqual([name, expect.toSatisfy((n: number) => n > 0)]);
  for (const name of ["mean", "p99", "max"])
    expect(after[`nodejs_eventloop_lag_${name}_seconds`]).toBeGreaterThanOrEqual(0);
  expect(after).not.toHaveProperty("convex_app_metrics_up");
});

test("a due function that has not started shows how late it is", async () => {
  let now = 1_700_000_000_000;
  const timers = { set: () => null, clear: () => undefined };
  const { server } = await serve({ project: FIGURES, clock: () => now, timers });
  await server.run("figures:schedule", { afterMs: 60_000 });
  // The scheduler looks for due functions in the next turn.
  await new Promise(setImmediate);
  now += 100_000;
  expect(await samples(server)).toMatchObject({
    convex_scheduled_functions_due: 1,
    convex_scheduled_functions_lag_seconds: 40,
  });
});

test("failed commits are counted", async () => {
  let full = false;
  const beforeCommit = (): void => {
    if (full) throw new Error("disk full");
  };
  const { server } = await serve({ project: FIGURES, hooks: { beforeCommit } });
  full = true;
  await expect(server.run("figures:write", { result: [] })).rejects.toThrow();
  full = false;
  expect(await samples(server)).toMatchObject({ convex_sqlite_failed_commits_total: 1 });
});

test("live queries and their connections are counted", async () => {
  const { server } = await serve();
  const client = new ConvexClient(server.apiUrl);
  onTestFinished(() => client.close());
  // A subscription counts whether or not its query succeeds: none of these items exists.
  for (const id of ["ada", "ada", "bob"])
    await new Promise((shown) =>
      client.onUpdate(anyApi["items"]?.["get"] as never, { id } as never, shown, shown),
    );
  expect(await samples(server)).toMatchObject({ convex_live_sockets: 1, convex_live_queries: 2 });
});

test("the cache's counts outlive a build", async () => {
  const { server } = await serve({ project: FIGURES });
  await server.run("figures:read", {});
  const { convex_query_cache_misses_total: before } = await samples(server);
  await server.reload();
  expect(await samples(server)).toMatchObject({
    convex_query_cache_misses_total: before,
    convex_query_cache_entries: 0,
  });
});

test("the app's own figures come from the query that the app names", async () => {
  const { server, logged } = await serve({ project: FIGURES, metrics: { query: "figures:read" } });
  await server.run("figures:write", { result: [{ name: "jobs_queued", help: "Jobs.", value: 7 }] });
  const { text } = await scrape(server, { authorization: `Convex ${server.adminKey}` });
  expect(text).toContain("# HELP app_jobs_queued Jobs.\n# TYPE app_jobs_queued gauge\napp_jobs_queued 7\n");
  expect(text).toContain("convex_app_metrics_up 1\n");
  expect(logged.filter(({ level }) => level === "error")).toEqual([]);
});

test.each([
  ["text", "must return a list"],
  [[{ name: "A", help: "", value: 1 }], "figure 0 needs a unique"],
  [[{ name: "a b", help: "", value: 1 }], "figure 0 needs a unique"],
  [[null], "figure 0 needs a unique"],
  [[1, 2].map((value) => ({ name: "a", help: "", value })), "figure 1 needs a unique"],
  [[{ name: "a", value: 1 }], "a: `help` must be text"],
  [[{ name: "a", help: "", value: "1" }], "a: `value` must be a number"],
  [Array.from({ length: 101 }, (_, i) => ({ name: `a${i}`, help: "", value: 1 })), "at most 100 figures"],
])(
  "the other metrics are served if the app's figures are invalid, which is logged once: %#",
  async (result, message) => {
    const { server, logged } = await serve({ project: FIGURES, metrics: { query: "figures:read" } });
    await server.run("figures:write", { result });
    for (let i = 0; i < 2; i++) expect(await samples(server)).toMatchObject({ convex_app_metrics_up: 0 });
    const errors = logged.filter(({ level }) => level === "error");
    expect(errors).toEqual([
      { level: "error", path: "figures:read", message: expect.stringContaining(message) as string },
    ]);
  },
);

test("the start fails if the app names a function that is not a query", async () => {
  for (const query of ["figures:write", "figures:missing", "nowhere:read"])
    await expect(serve({ project: FIGURES, metrics: { query } })).rejects.toThrow(
      `metrics: ${query} is not a query`,
    );
});
