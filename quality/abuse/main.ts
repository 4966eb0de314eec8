/**
 * Throws requests at a real server that no client would send, and looks for what none may cause: a 5xx, a hang, an end, a
 * reply that is not documented, a secret or a forged line in what is printed. Then many clients send large bodies at once.
 * `npm run abuse -- --help`.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../packages/convex-embedded/src/cli/arguments";
import { attack } from "./attacks/main";
import { productDocument } from "../../openapi/contract/check";
import { runBursts } from "./bursts";
import { parseOptions, USAGE, type Options } from "./options";
import { wrongWithOutput } from "./output";
import { shots } from "./requests/shots";
import { fire, type Finding, type Outcome } from "./run";
import { startServer, type Server } from "./server";
import { setStage } from "./stage";
import { measureTiming } from "./timing";

/** Requests after which things are made anew: some of them delete what others need. */
const ROUND = 5_000;

process.exitCode = await main();

async function main(): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  if (options.timing) return withServer(measureTiming);
  const { cases, seconds } = options;
  let failed = 0;
  if (cases.includes("requests")) failed += await withServer((server) => abuse(server, options));
  if (cases.includes("bursts")) failed += await withServer((server) => bursts(server, options));
  const wrong = await attack(cases, seconds);
  for (const one of wrong) console.error(one);
  return failed === 0 && wrong.length === 0 ? 0 : 1;
}

async function withServer(work: (server: Server) => Promise<number>): Promise<number> {
  const server = await startServer();
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

async function bursts(server: Server, { short }: Options): Promise<number> {
  const wrong = await runBursts(server, short);
  return verdict([...wrong, ...(await stillThere(server))], "");
}

/** Prints what must not have happened. @returns the status to exit with. */
function verdict(wrong: readonly string[], which: string): number {
  for (const one of wrong) console.error(one);
  console.log(
    wrong.length === 0 ? "nothing that must not happen has happened" : `${wrong.length} findings${which}`,
  );
  return wrong.length === 0 ? 0 : 1;
}

async function abuse(server: Server, { requests, seed }: Options): Promise<number> {
  console.log(`${requests} requests with seed ${seed}`);
  const started = performance.now();
  const { hostname, port } = new URL(server.url);
  let stage = await setStage(server.url, server.root, server.secrets);
  const secrets = new Set([...server.hidden, ...Object.values(stage.keys)]);
  const all = shots(seed, productDocument(), () => stage);
  const total: Outcome = { sent: 0, statuses: new Map(), findings: [] };
  while (total.sent < requests && total.findings.length === 0 && server.ended() === null) {
    const count = Math.min(ROUND, requests - total.sent);
    add(total, await fire({ host: hostname, port: Number(port) }, all, count, () => server.ended() === null));
    if (server.ended() !== null) break;
    stage = await setStage(server.url, server.root, server.secrets);
    for (const key of Object.values(stage.keys)) secrets.add(key);
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  const statuses = [...total.statuses].sort(([a], [b]) => String(a).localeCompare(String(b)));
  console.log(
    `${total.sent} sent in ${seconds} s; ${statuses.map(([status, n]) => `${status}: ${n}`).join(", ")}`,
  );
  const wrong = [
    ...total.findings.map(told),
    ...(await stillThere(server)),
    ...wrongWithOutput(server.output(), [...secrets]).slice(0, 20),
  ];
  return verdict(wrong, `, seed ${seed}`);
}

function add(total: Outcome, { sent, statuses, findings }: Outcome): void {
  total.sent += sent;
  for (const [status, n] of statuses) total.statuses.set(status, (total.statuses.get(status) ?? 0) + n);
  total.findings.push(...findings);
}

/** Whether the server goes on as if nothing had been, and ends when it is told to. */
async function stillThere(server: Server): Promise<string[]> {
  if (server.ended() !== null)
    return [`the server has ended: ${String(server.ended())}\n${server.output().slice(-3000)}`];
  const { status } = await fetch(`${server.url}/health/ready`);
  const code = await server.stop();
  return [
    ...(status === 200 ? [] : [`/health/ready was answered ${status} afterwards`]),
    ...(code === 0 ? [] : [`the server ended with ${String(code)}`]),
  ];
}

let folder: string | undefined;

/** A finding in words, its request kept whole in a file. */
function told({ shot, what }: Finding): string {
  folder ??= mkdtempSync(join(tmpdir(), "abuse-findings-"));
  const file = join(folder, `${shot.number}.http`);
  writeFileSync(file, shot.bytes);
  const first = JSON.stringify(shot.bytes.subarray(0, 300).toString("latin1"));
  return `request ${shot.number}, ${shot.operationId}: ${what}\n  ${first}\n  whole in ${file}`;
}
