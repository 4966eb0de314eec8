import { expect, test } from "vitest";
import { verdictOf } from "../lib/figures";
import type { Snapshot, Sample, Soaked } from "./checks";
import { checksOf } from "./checks";
import type { Cause, StoredSize } from "./storage";
import { causeOf } from "./storage";

const MB = 1e6;
const sample = (own: number, log = 10): Sample => ({
  ...{ rss: (own + 50) * MB, heapUsed: 30 * MB, log: log * MB },
  memory: { resident: own * MB, own: own * MB, mapped: 50 * MB },
});
const weight = (documents: number): StoredSize => ({
  documents,
  documentBytes: documents * 300,
  entryBytes: documents * 100,
});
const database = (items: number, pages: number): Snapshot["database"] => {
  const none = weight(0);
  const sizes: Record<Cause, StoredSize> = {
    create: weight(items),
    webhook: none,
    upload: none,
    job: none,
    other: none,
  };
  return { sizes, tables: { items }, pages };
};
const snapshot = (items: number, more: Partial<Snapshot> = {}): Snapshot => ({
  ...{ heap: 30 * MB, files: 0, unfinishedJobs: 0, database: database(items, items * 600) },
  descriptors: { sockets: 4, files: 8, others: 21 },
  acknowledged: { create: items, webhook: 0, upload: 0, job: 0 },
  ...more,
});
const calm: Soaked = {
  warming: [sample(60), sample(90)],
  middle: [sample(100), sample(104)],
  last: [sample(101), sample(103)],
  warm: snapshot(100),
  end: snapshot(1_100),
  errors: 0,
};
const missed = (soaked: Soaked): string[] =>
  checksOf(soaked).flatMap((figure) => (verdictOf(figure) === "missed" ? [figure.name] : []));

test("a server that does not grow after its warm-up passes", () => {
  expect(missed(calm)).toEqual([]);
});

test.each<[string, Partial<Soaked>]>([
  ["heap in use: growth since warm-up", { end: snapshot(1_100, { heap: 60 * MB }) }],
  [
    "descriptors: growth since warm-up: sockets",
    { end: snapshot(1_100, { descriptors: { sockets: 20, files: 8, others: 21 } }) },
  ],
  ["write-ahead log: maximum", { middle: [sample(100, 90), sample(100)] }],
  [
    "database: pages / documents and entries",
    { end: snapshot(1_100, { database: database(1_100, 3 * MB) }) },
  ],
  ["unfinished jobs", { end: snapshot(1_100, { unfinishedJobs: 1 }) }],
  ["errors", { errors: 1 }],
])("%s", (name, changed) => {
  expect(missed({ ...calm, ...changed })).toEqual([name]);
});

test("temporary garbage is ignored, but higher memory for most of the last third fails", () => {
  const sawtooth = [sample(100), sample(120), sample(140), sample(160)];
  expect(missed({ ...calm, last: sawtooth })).toEqual([]);
  const times = <Value>(count: number, value: Value) => Array.from({ length: count }, () => value);
  const long = {
    middle: times(200, sample(100)),
    last: [...times(30, sample(100)), ...times(170, sample(150))],
  };
  expect(missed({ ...calm, ...long })).toEqual(["memory, median: last third / second"]);
});

test("every acknowledged write must be stored once", () => {
  const acknowledged = (create: number) =>
    snapshot(1_100, { acknowledged: { create, webhook: 0, upload: 0, job: 0 } });
  const name = "acknowledged writes missing or stored twice";
  expect(missed({ ...calm, end: acknowledged(1_101) })).toEqual([name]);
  expect(missed({ ...calm, end: acknowledged(1_099) })).toEqual([name]);
});

test("a scheduled function counts for the kind of request that scheduled it", () => {
  expect(causeOf("_scheduled_functions", "webhooks/process.js")).toBe("webhook");
  expect(causeOf("_scheduled_functions", "jobs.js")).toBe("job");
  expect(causeOf("_storage", null)).toBe("upload");
  expect(causeOf("_cron_jobs", null)).toBe("other");
});
