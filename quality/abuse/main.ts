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
import { logProblems } from "./logCheck";
import { generateRequests } from "./requests/generate";
import { sendAll, type Finding, type Outcome } from "./send";
import { startServer, type AttackedServer } from "./server";
import { createFixtures } from "./fixtures";
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
  if (cases.includes("requests")) failed += await withServer((attacked) => abuse(attacked, options));
  if (cases.includes("bursts")) failed += await withServer((attacked) => bursts(attacked, options));
  const wrong = await attack(cases, seconds);
  for (const one of wrong) console.error(one);
  return failed === 0 && wrong.length === 0 ? 0 : 1;
}

async function withServer(work: (attacked: AttackedServer) => Promise<number>): Promise<number> {
  const attacked = await startServer();
  try {
    return await work(attacked);
  } finally {
    await attacked.close();
  }
}

async function bursts(attacked: AttackedServer, { short }: Options): Promise<number> {
  const wrong = await runBursts(attacked.server, short);
  return verdict([...wrong, ...(await stillThere(attacked))], "");
}

/** Prints what must not have happened. @returns the status to exit with. */
function verdict(wrong: readonly string[], which: string): number {
  for (const one of wrong) console.error(one);
  console.log(
    wrong.length === 0 ? "nothing that must not happen has happened" : `${wrong.length} findings${which}`,
  );
  return wrong.length === 0 ? 0 : 1;
}

async function abuse(attacked: AttackedServer, { requests, seed }: Options): Promise<number> {
  const { server } = attacked;
  console.log(`${requests} requests with seed ${seed}`);
  const started = performance.now();
  const { hostname, port } = new URL(server.url);
  let fixtures = await createFixtures(server.url, server.key, attacked.secrets);
  const secrets = new Set([...attacked.hidden, ...Object.values(fixtures.keys)]);
  const all = generateRequests(seed, productDocument(), () => fixtures);
  const total: Outcome = { sent: 0, statuses: new Map(), findings: [] };
  while (total.sent < requests && total.findings.length === 0 && server.isRunning()) {
    const count = Math.min(ROUND, requests - total.sent);
    add(total, await sendAll({ host: hostname, port: Number(port) }, all, count, () => server.isRunning()));
    if (!server.isRunning()) break;
    fixtures = await createFixtures(server.url, server.key, attacked.secrets);
    for (const key of Object.values(fixtures.keys)) secrets.add(key);
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  const statuses = [...total.statuses].sort(([a], [b]) => String(a).localeCompare(String(b)));
  console.log(
    `${total.sent} sent in ${seconds} s; ${statuses.map(([status, n]) => `${status}: ${n}`).join(", ")}`,
  );
  const wrong = [
    ...total.findings.map(told),
    ...(await stillThere(attacked)),
    ...logProblems(server.log, [...secrets]).slice(0, 20),
  ];
  return verdict(wrong, `, seed ${seed}`);
}

function add(total: Outcome, { sent, statuses, findings }: Outcome): void {
  total.sent += sent;
  for (const [status, n] of statuses) total.statuses.set(status, (total.statuses.get(status) ?? 0) + n);
  total.findings.push(...findings);
}

/** Whether the server goes on as if nothing had been, and ends when it is told to. */
async function stillThere({ server, close }: AttackedServer): Promise<string[]> {
  if (!server.isRunning())
    return [`the server has ended: ${String(server.status)}\n${server.log.slice(-20).join("\n")}`];
  const { status } = await fetch(`${server.url}/health/ready`);
  const code = await close();
  return [
    ...(status === 200 ? [] : [`/health/ready was answered ${status} afterwards`]),
    ...(code === 0 ? [] : [`the server ended with ${String(code)}`]),
  ];
}

let folder: string | undefined;

/** A finding in words, its request kept whole in a file. */
function told({ request, what }: Finding): string {
  folder ??= mkdtempSync(join(tmpdir(), "abuse-findings-"));
  const file = join(folder, `${request.number}.http`);
  writeFileSync(file, request.bytes);
  const first = JSON.stringify(request.bytes.subarray(0, 300).toString("latin1"));
  return `request ${request.number}, ${request.operationId}: ${what}\n  ${first}\n  whole in ${file}`;
}
