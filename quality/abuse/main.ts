/**
 * Sends hostile and malformed requests to a real server. A run fails on a 5xx, a hang, a crash, an undocumented reply, or a
 * secret or forged line in the log. Then many clients send large bodies at once. `npm run abuse -- --help`.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../packages/convex-embedded/src/cli/arguments";
import { attack } from "./attacks/main";
import { productDocument } from "../../openapi/contract/check";
import { burstsOf, runBurst } from "./bursts";
import { parseOptions, USAGE, type Options } from "./options";
import { logProblems } from "./logCheck";
import { generateRequests } from "./requests/generate";
import { sendAll, type Finding, type Outcome } from "./send";
import { startServer, type AttackedServer } from "./server";
import { createFixtures } from "./fixtures";
import { measureTiming } from "./timing";

/** Requests between two creations of fixtures, because requests may delete them. */
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
  if (cases.includes("bursts")) failed += await bursts(options);
  const findings = await attack(cases, seconds);
  for (const finding of findings) console.error(finding);
  return failed === 0 && findings.length === 0 ? 0 : 1;
}

async function withServer(work: (attacked: AttackedServer) => Promise<number>): Promise<number> {
  const attacked = await startServer();
  try {
    return await work(attacked);
  } finally {
    await attacked.close();
  }
}

/** Sends each burst to a new server, so that the memory of one does not count for the next. @returns how many have findings. */
async function bursts({ short }: Options): Promise<number> {
  let failed = 0;
  for (const burst of burstsOf(short)) {
    failed += await withServer(async (attacked) =>
      verdict([...(await runBurst(attacked.server, burst)), ...(await stop(attacked))], ""),
    );
  }
  return failed;
}

/** Prints the findings. @param suffix printed after their number. @returns the exit code. */
function verdict(findings: readonly string[], suffix: string): number {
  for (const finding of findings) console.error(finding);
  console.log(`${findings.length} findings${findings.length === 0 ? "" : suffix}`);
  return findings.length === 0 ? 0 : 1;
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
  const findings = [
    ...total.findings.map(describe),
    ...(await stop(attacked)),
    ...logProblems(server.log, [...secrets]).slice(0, 20),
  ];
  return verdict(findings, `, seed ${seed}`);
}

function add(total: Outcome, { sent, statuses, findings }: Outcome): void {
  total.sent += sent;
  for (const [status, n] of statuses) total.statuses.set(status, (total.statuses.get(status) ?? 0) + n);
  total.findings.push(...findings);
}

/** Checks that the server is still ready, and stops it. @returns the findings. */
async function stop({ server, close }: AttackedServer): Promise<string[]> {
  if (!server.isRunning())
    return [`the server has ended: ${String(server.status)}\n${server.log.slice(-20).join("\n")}`];
  const { status } = await fetch(`${server.url}/health/ready`);
  const code = await close();
  return [
    ...(status === 200 ? [] : [`/health/ready was answered ${status} afterwards`]),
    ...(code === 0 ? [] : [`the server exited with ${String(code)}`]),
  ];
}

let folder: string | undefined;

/** Describes a finding, and writes its request to a file. */
function describe({ request, what }: Finding): string {
  folder ??= mkdtempSync(join(tmpdir(), "abuse-findings-"));
  const file = join(folder, `${request.number}.http`);
  writeFileSync(file, request.bytes);
  const first = JSON.stringify(request.bytes.subarray(0, 300).toString("latin1"));
  return `request ${request.number}, ${request.operationId}: ${what}\n  ${first}\n  the whole request is in ${file}`;
}
