/**
 * `npm run soak [-- --minutes 20 | --seconds 60]`: checks that memory, file descriptors, write-ahead log and database do not
 * grow under load.
 *
 * quality/bench/README.md describes the checks and their reasons.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseOrExit, refuse } from "../../../packages/convex-embedded/src/cli/arguments";
import { Child } from "../lib/children";
import { tableOf, verdictOf } from "../lib/figures";
import { machine, write } from "../lib/output";
import { startProduct } from "../lib/product";
import { failedEvents, NEVER_REACHED } from "../http/servers";
import { fill } from "../http/target";
import { WEBHOOK_SETTINGS } from "../http/webhooks";
import type { Snapshot, Sample, Soaked } from "./checks";
import { checksOf } from "./checks";
import { growthTable, tableCounts } from "./growth";
import type { Subject } from "./snapshot";
import { takeSnapshot } from "./snapshot";
import type { Slice } from "./phase";
import { countOf, soakFor } from "./phase";
import { head, progressOf } from "./progress";

const ITEMS = 2_000;
/** The shortest soak in seconds. The server needs a third of it to warm up. */
const MIN_SECONDS = 30;

const USAGE = `usage: npm run soak -- [options]

  --minutes N  the duration in minutes (default 20)
  --seconds N  the duration in seconds; CI uses 60
  --json FILE  writes the figures to FILE
`;

const { values: options } = parseOrExit(USAGE, {
  options: {
    minutes: { type: "string", default: "20" },
    seconds: { type: "string" },
    json: { type: "string" },
  },
});
const seconds = options.seconds === undefined ? Number(options.minutes) * 60 : Number(options.seconds);
if (!(seconds >= MIN_SECONDS)) refuse(`The duration must be at least ${MIN_SECONDS} seconds.`, USAGE);
const root = resolve(dirname(process.argv[1] ?? ""), "../../..");
process.exitCode = await main();

async function main(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "soak-"));
  const children: Child[] = [];
  const complaints: string[] = [];
  const onStderr = (line: string): void => void complaints.push(line);
  try {
    const data = join(directory, "data");
    const settings = { ...WEBHOOK_SETTINGS, ...NEVER_REACHED };
    const { child, port, key } = await startProduct({ root, data, settings, probed: true, onStderr });
    children.push(child);
    const target = await fill({ port, key: key ?? "" }, ITEMS, () => undefined);
    const mixer = await Child.start(root, "quality/bench/http/mix.child.ts");
    children.push(mixer);
    await mixer.ask("aim", { name: "product", target });
    return report(await soak(mixer, { child, target, data }, complaints), complaints);
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    rmSync(directory, { recursive: true, force: true });
  }
}

async function soak(mixer: Child, subject: Subject, complaints: string[]): Promise<Soaked> {
  const counts = { create: 0, webhook: 0, upload: 0, job: 0 };
  let errors = 0;
  const started = performance.now();
  const everyMs = Math.min(60_000, (seconds * 1_000) / 6);
  let slices: Slice[] = [];
  let nextLine = started + everyMs;
  const onSlice = (slice: Slice): void => {
    for (const kind of ["create", "webhook", "upload", "job"] as const)
      counts[kind] += countOf(slice.taken, kind);
    errors += slice.taken.errors;
    if (slice.taken.firstError !== undefined) complaints.push(slice.taken.firstError);
    slices.push(slice);
    const now = performance.now();
    // Slices do not end exactly at full minutes.
    if (now < nextLine - 1_000) return;
    console.log(progressOf((now - started) / 1_000, slices));
    slices = [];
    nextLine += everyMs;
  };
  const third = (): Promise<Sample[]> => soakFor(mixer, subject, (seconds * 1_000) / 3, onSlice);

  console.log(head());
  const warming = await third();
  const warm: Snapshot = await takeSnapshot(subject, counts);
  const middle = await third();
  // The second third began after a collection, so the last third does, too.
  await subject.child.ask("collect");
  const last = await third();
  const end: Snapshot = await takeSnapshot(subject, counts);
  const failed = await failedEvents(subject.target);
  return { warming, middle, last, warm, end, errors: errors + failed + complaints.length };
}

function report(soaked: Soaked, complaints: readonly string[]): number {
  const { warm, end } = soaked;
  const figures = checksOf(soaked);
  const about = `${seconds} s, ${machine()}`;
  console.log(`\n${growthTable(warm, end)}\n\n${tableCounts(end)}\n\n${about}\n\n${tableOf(figures)}`);
  for (const complaint of complaints.slice(0, 10)) console.error(`\n${complaint}`);
  if (options.json) write(options.json, `${JSON.stringify({ about, figures, ...soaked }, null, 2)}\n`);
  return figures.some((figure) => verdictOf(figure) === "missed") ? 1 : 0;
}
