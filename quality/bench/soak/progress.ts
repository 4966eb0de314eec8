/** The line that a soak prints every minute. */
import { shown } from "../lib/figures";
import { latenciesOf } from "../http/report";
import { median, percentile } from "../lib/statistics";
import type { Slice } from "./phase";

const COLUMNS = ["time", "requests/s", "p50 ms", "p99 ms", "errors", "memory", "mapped", "heap", "log"];
const WIDTH = 11;

const line = (cells: readonly string[]): string => cells.map((cell) => cell.padStart(WIDTH)).join("");

/** Returns the titles of the columns. Memory, mapped files, heap and write-ahead log are in MB. */
export const head = (): string => line(COLUMNS);

/** Returns a line. @param seconds since the start of the soak. @param slices since the last line. */
export function progressOf(seconds: number, slices: readonly Slice[]): string {
  const taken = slices.map((slice) => slice.taken);
  const samples = slices.flatMap((slice) => slice.samples);
  const latencies = latenciesOf(taken);
  const mb = (values: readonly number[]) => (values.length === 0 ? "" : shown(median(values) / 1e6));
  const late = (share: number) => (latencies.length === 0 ? "" : shown(percentile(latencies, share)));
  return line([
    `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`,
    shown(median(taken.map(({ perSecond }) => perSecond))),
    late(0.5),
    late(0.99),
    String(taken.reduce((sum, { errors }) => sum + errors, 0)),
    mb(samples.map(({ memory, rss }) => memory?.own ?? rss)),
    mb(samples.flatMap(({ memory }) => memory?.mapped ?? [])),
    mb(samples.map(({ heapUsed }) => heapUsed)),
    mb(samples.map(({ log }) => log)),
  ]);
}
