/**
 * A steady load of changes that go to 20 endpoints. One endpoint takes 15 s for each delivery: `npm run bench:outgoing -- --load`.
 *
 * It measures the time from a change to its arrival at the other endpoints, from the timestamp of the event. The transaction sets the
 * timestamp, so the figure includes the commit. The slow endpoint begins with a backlog, so that it is disabled during the run.
 */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { NO_RATE_LIMITS, ServerProcess } from "../../lib/server";
import { cpuSeconds, memoryOf } from "../../lib/usage";
import { percentile } from "../lib/statistics";

const ENDPOINTS = 20;
export const CHANGES_PER_MINUTE = 1_000;
const SLOW_REPLY_MS = 15_000;
/** The pending deliveries at which an endpoint is disabled. */
export const MOST_PENDING = 10_000;
/** Requests at the same time while the backlog is made. */
const BACKLOG_CLIENTS = 16;
const GOAL_P99_MS = 2_000;
const REPORT_MS = 15_000;
/** Milliseconds after the last change within which all deliveries must have arrived. */
const SETTLE_MS = 30_000;
const MIB = 1024 * 1024;

/**
 * Runs the load and prints a line every 15 s.
 *
 * @param firstPending The backlog of the slow endpoint when the load begins.
 * @returns whether the 99th percentile met its goal, no delivery was lost, and the slow endpoint was disabled if it had to be.
 */
export async function load(minutes: number, firstPending: number): Promise<boolean> {
  let latencies: number[] = [];
  const all: number[] = [];
  const partner = createServer((request, response) => {
    const arrived = Date.now();
    let body = "";
    request.setEncoding("utf8").on("data", (part: string) => (body += part));
    request.on("error", () => undefined);
    request.on("end", () => {
      if (request.url === "/slow") {
        setTimeout(() => response.writeHead(204).end(), SLOW_REPLY_MS);
        return;
      }
      const { timestamp } = JSON.parse(body) as { timestamp: string };
      latencies.push(arrived - Date.parse(timestamp));
      response.writeHead(204).end();
    });
  }).listen(0, "127.0.0.1");
  await once(partner, "listening");
  const { port } = partner.address() as AddressInfo;
  const data = await mkdtemp(join(tmpdir(), "bench-outgoing-"));
  const settings = { ...NO_RATE_LIMITS, WEBHOOK_ALLOW_HTTP: "1" };
  const server = await ServerProcess.start({ data: join(data, "data"), settings, discardLog: true });
  try {
    const call = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
      const headers = { "X-API-Key": server.key, "Content-Type": "application/json" };
      const reply = await fetch(server.url + path, {
        ...{ method, headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
      return (await reply.json()) as Record<string, unknown>;
    };
    const create = () => call("POST", "/api/items", { name: "bolt" });
    const subscribe = (path: string) =>
      call("POST", "/api/webhook-endpoints", { url: `http://127.0.0.1:${port}/${path}`, events: ["item.*"] });

    const { id } = await subscribe("slow");
    let backlog = firstPending;
    console.log(`${backlog} changes make the backlog of the slow endpoint`);
    await Promise.all(
      Array.from({ length: BACKLOG_CLIENTS }, async () => {
        while (backlog-- > 0) await create();
      }),
    );
    for (let n = 1; n < ENDPOINTS; n++) await subscribe(String(n));

    const started = performance.now();
    const cpuBefore = cpuSeconds(server.pid);
    const ownBefore = cpuSeconds(process.pid);
    let [created, late, reported] = [0, 0, 0];
    const requests = new Set<Promise<unknown>>();
    const report = (): void => {
      const sorted = latencies.sort((a, b) => a - b);
      all.push(...sorted);
      latencies = [];
      const figure = (share: number) => (sorted.length === 0 ? "-" : String(percentile(sorted, share)));
      const memory = ((memoryOf(server.pid)?.own ?? NaN) / MIB).toFixed(0);
      const seconds = Math.round((performance.now() - started) / 1000);
      console.log(
        `${String(seconds).padStart(4)} s  ${created} changes  ${all.length} arrived  p50 ${figure(0.5)} ms  ` +
          `p99 ${figure(0.99)} ms  memory ${memory} MiB  load ${loadavg()[0]?.toFixed(1)}`,
      );
    };
    for (const end = minutes * CHANGES_PER_MINUTE; created < end;) {
      const due = started + (created * 60_000) / CHANGES_PER_MINUTE;
      if (due > performance.now()) await pause(due - performance.now());
      else late = Math.max(late, performance.now() - due);
      created += 1;
      const request = create().finally(() => requests.delete(request));
      requests.add(request);
      if (performance.now() - started >= (reported + 1) * REPORT_MS) {
        reported += 1;
        report();
      }
    }
    await Promise.all(requests);
    const expected = created * (ENDPOINTS - 1);
    const until = performance.now() + SETTLE_MS;
    while (all.length + latencies.length < expected && performance.now() < until) await pause(100);
    report();
    const { enabled, disabledReason } = await call("GET", `/api/webhook-endpoints/${String(id)}`);
    // CPU time says more than the latency on a machine that does other work too.
    const cpu = (cpuSeconds(server.pid) - cpuBefore) * 1000;
    const own = (cpuSeconds(process.pid) - ownBefore) * 1000;
    const perDelivery = (ms: number): string => (ms / all.length).toFixed(2);
    console.log(
      `the server used ${perDelivery(cpu)} ms of CPU time for each delivery, the generator and the receivers ${perDelivery(own)} ms`,
    );
    console.log(`the slow endpoint: ${enabled === true ? "enabled" : String(disabledReason)}`);
    console.log(`the generator was at most ${Math.round(late)} ms late`);
    const p99 = percentile(
      all.sort((a, b) => a - b),
      0.99,
    );
    const full = firstPending + created > MOST_PENDING;
    const met = p99 < GOAL_P99_MS && all.length >= expected && (enabled !== true || !full);
    console.log(`p99 ${p99} ms of ${all.length} deliveries, ${expected} expected: ${met ? "ok" : "missed"}`);
    return met;
  } finally {
    await server.kill();
    partner.closeAllConnections();
    partner.close();
    await rm(data, { recursive: true, force: true });
  }
}
