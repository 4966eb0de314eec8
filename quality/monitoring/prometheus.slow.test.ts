/** Debian's Prometheus, which must be installed, scrapes a server with the configuration of deploy/prometheus. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { SERVER_COMMAND } from "../lib/server";
import { startServer, temporaryDirectory } from "../lib/testServer";
import { queries, readDashboard } from "./dashboard";
import { startPrometheus } from "./prometheus";

const READS = 'convex_http_requests_total{port="http",method="GET",route="/api/keys/:id",status="404"}';

test("Prometheus scrapes the server with the admin key, and its query API returns the numbers", async () => {
  const server = await startServer({ data: temporaryDirectory() });
  const key = server.line(/^CONVEX_SELF_HOSTED_ADMIN_KEY=/).then((line) => line.slice(line.indexOf("=") + 1));
  const { query } = await startPrometheus(new URL(server.apiUrl).host, await key);
  const headers = { "X-API-Key": server.key };
  for (let i = 0; i < 7; i++) await fetch(`${server.url}/api/keys/missing${i}`, { headers });
  await fetch(`${server.url}/api/keys`, { method: "OPTIONS", headers: { Origin: "https://a.example" } });
  const latest = async (expr: string) => (await query(expr))[0]?.value[1];
  await expect.poll(() => latest(READS)).toBe("7");
  expect(await latest(READS.replace("_total", "_total_missing"))).toBeUndefined();
  expect(await latest('convex_http_requests_total{method="OPTIONS",route="/api/keys"}')).toBe("1");
  expect(await latest('up{job="convex-hono-api"}')).toBe("1");
  expect(await latest("convex_app_metrics_up")).toBe("1");
  expect(Number(await latest("convex_sqlite_database_bytes"))).toBeGreaterThan(0);

  // A rate needs two scrapes.
  const results = async (expr: string) => (await query(expr.replaceAll("$__rate_interval", "1m"))).length;
  for (const [title, expr] of queries(readDashboard()))
    await expect.poll(async () => [title, expr, (await results(expr)) > 0]).toEqual([title, expr, true]);
});

test("with --metrics Prometheus on the same machine needs no key, and promtool accepts every metric", async () => {
  const command = [...SERVER_COMMAND, "--metrics"];
  const server = await startServer({ data: temporaryDirectory(), command });
  const { query } = await startPrometheus(new URL(server.apiUrl).host, null);
  await expect.poll(async () => (await query("up"))[0]?.value[1]).toBe("1");
  await fetch(`${server.url}/health`);
  const input = await (await fetch(`${server.apiUrl}/metrics`)).text();
  const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input, encoding: "utf8" });
  expect([status, stdout, stderr]).toEqual([0, "", ""]);
});
