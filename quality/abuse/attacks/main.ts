/** Runs attacks one after another, each on a new server. Measures their cost, and checks that the server recovers. */
import { startServer } from "../server";
import { logProblems } from "../logCheck";
import { apiBodies } from "./apiBodies";
import type { Attack, Counts } from "./attack";
import { SPARE_DESCRIPTORS } from "../../lib/usage";
import { measure, type Figures } from "./measure";
import { pipelining } from "./pipelining";
import { webSockets } from "./webSockets";

const ATTACKS: readonly Attack[] = [pipelining, apiBodies, webSockets];

export const NAMES: readonly string[] = ATTACKS.map(({ name }) => name);

/**
 * Memory that may remain allocated after an attack, in bytes. It includes the growth of a warm server, and garbage: V8 collects
 * the old generation late, so during an attack the heap can hold 300 MB although only 35 MB are live. A leak exceeds the limit in a long
 * run, because it grows with the duration and garbage does not.
 */
const MAX_GROWTH = 400 * 1024 * 1024;
/** Memory of the server's own that may be allocated during an attack, in bytes. It includes garbage too. */
const MAX_PEAK = 600 * 1024 * 1024;
/** Milliseconds that another client may wait for an answer. Much longer than usual, because the machine may be busy. */
const MAX_WAIT = 10_000;

/**
 * Runs attacks.
 *
 * @param names of the attacks. @param seconds that each lasts.
 * @returns the findings.
 */
export async function attack(names: readonly string[], seconds: number): Promise<string[]> {
  const findings: string[] = [];
  for (const attack of ATTACKS.filter(({ name }) => names.includes(name))) {
    const { server, hidden, close } = await startServer();
    const alive = () => server.isRunning();
    let counts: Counts = {};
    // The log can have millions of lines, so check and discard it during the attack.
    const inLog = new Set<string>();
    const checkLog = () => {
      for (const line of logProblems(server.takeLog(), hidden)) inLog.add(line);
    };
    const checking = setInterval(checkLog, 500);
    try {
      const figures = await measure({ pid: server.pid, url: server.url, alive }, async () => {
        counts = await attack.run(server, performance.now() + seconds * 1000);
      });
      clearInterval(checking);
      checkLog();
      for (const line of summary(attack, counts, figures)) console.log(line);
      const all = [...excesses(figures, alive()), ...[...inLog].slice(0, 5)];
      findings.push(...all.map((what) => `${attack.name}: ${what}`));
      const code = await close();
      if (code !== 0) findings.push(`${attack.name}: the server exited with ${String(code)}`);
    } finally {
      clearInterval(checking);
      await close();
    }
  }
  return findings;
}

/** Returns which limits the figures exceed. A figure that the system does not provide is NaN, and exceeds no limit. */
function excesses({ before, after, mostMemory, health }: Figures, alive: boolean): string[] {
  if (!alive) return ["the server has ended"];
  const growth = after.memory - before.memory;

  return [
    ...(after.descriptors > before.descriptors + SPARE_DESCRIPTORS
      ? [`${after.descriptors - before.descriptors} descriptors stay open afterwards`]
      : []),
    ...(growth > MAX_GROWTH ? [`memory stays ${megabytes(growth)} higher afterwards`] : []),
    ...(mostMemory > MAX_PEAK ? [`memory rose to ${megabytes(mostMemory)}`] : []),
    ...(health.longest > MAX_WAIT ? [`/health took ${Math.round(health.longest)} ms`] : []),
  ];
}

function summary({ name, about }: Attack, counts: Counts, figures: Figures): string[] {
  const { before, after, mostMemory, cpu, health } = figures;
  const counted = Object.entries(counts).map(([what, count]) => `${what}: ${count}`);
  return [
    `${name}: ${about}`,
    `  ${counted.join(", ")}`,
    `  descriptors ${before.descriptors} before, ${after.descriptors} after; memory ${megabytes(before.memory)} before, ` +
      `${megabytes(mostMemory)} at most, ${megabytes(after.memory)} after`,
    `  ${cpu.toFixed(1)} s of CPU; /health took ${Math.round(health.longest)} ms at most in ${health.requests} requests`,
  ];
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}
