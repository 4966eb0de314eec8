/** Attacks on a server of their own, one after another: what each costs it, and whether it is as before afterwards. */
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

/** Bytes that a server may have more afterwards: it is warm by then. */
const MOST_GROWTH = 250 * 1024 * 1024;
/** The same while the attack lasts. */
const MOST_PEAK = 400 * 1024 * 1024;
/** Milliseconds in which another client has to be answered. Far more than it takes: the machine may be busy. */
const MOST_WAIT = 10_000;

/**
 * @param names of attacks. @param seconds that each lasts.
 * @returns what should not have happened.
 */
export async function attack(names: readonly string[], seconds: number): Promise<string[]> {
  const wrong: string[] = [];
  for (const one of ATTACKS.filter(({ name }) => names.includes(name))) {
    const { server, hidden, close } = await startServer();
    const alive = () => server.isRunning();
    let counts: Counts = {};
    // A log of millions of lines is looked at as it comes.
    const findings = new Set<string>();
    const look = () => {
      for (const line of logProblems(server.takeLog(), hidden)) findings.add(line);
    };
    const looking = setInterval(look, 500);
    try {
      const figures = await measure({ pid: server.pid, url: server.url, alive }, async () => {
        counts = await one.run(server, performance.now() + seconds * 1000);
      });
      clearInterval(looking);
      look();
      for (const line of told(one, counts, figures)) console.log(line);
      const all = [...wrongWith(figures, alive()), ...[...findings].slice(0, 5)];
      wrong.push(...all.map((what) => `${one.name}: ${what}`));
      const code = await close();
      if (code !== 0) wrong.push(`${one.name}: the server ended with ${String(code)}`);
    } finally {
      clearInterval(looking);
      await close();
    }
  }
  return wrong;
}

function wrongWith({ before, after, mostMemory, health }: Figures, alive: boolean): string[] {
  if (!alive) return ["the server has ended"];
  const growth = after.memory - before.memory;
  // Comparisons with what is not known here are false.
  return [
    ...(after.descriptors > before.descriptors + SPARE_DESCRIPTORS
      ? [`${after.descriptors - before.descriptors} descriptors are left open`]
      : []),
    ...(growth > MOST_GROWTH ? [`${megabytes(growth)} more are held afterwards`] : []),
    ...(mostMemory > MOST_PEAK ? [`${megabytes(mostMemory)} were held`] : []),
    ...(health.longest > MOST_WAIT ? [`/health took ${Math.round(health.longest)} ms`] : []),
  ];
}

function told({ name, about }: Attack, counts: Counts, figures: Figures): string[] {
  const { before, after, mostMemory, cpu, health } = figures;
  const counted = Object.entries(counts).map(([what, count]) => `${what}: ${count}`);
  return [
    `${name}: ${about}`,
    `  ${counted.join(", ")}`,
    `  descriptors ${before.descriptors} before, ${after.descriptors} after; memory ${megabytes(before.memory)} before, ` +
      `${megabytes(mostMemory)} at most, ${megabytes(after.memory)} after`,
    `  ${cpu.toFixed(1)} s of CPU; /health took ${Math.round(health.longest)} ms at most, asked ${health.asked} times`,
  ];
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}
