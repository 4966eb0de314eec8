/** The report of the rounds: figures with their goals, and tables of latencies. */
import type { Figure } from "../lib/figures";
import { atLeast, atMost, shown } from "../lib/figures";
import { median, medianRatio, percentile } from "../lib/statistics";
import { markdownTable } from "../lib/table";
import type { Kind } from "./mix";
import { KINDS, NAMES } from "./mix";
import { MIDDLE } from "./plan";
import type { Played, Rounds } from "./rounds";
import type { ServerName } from "./servers";
import { LABELS, SERVERS } from "./servers";

const US_PER_MS = 1_000;

/** Returns the latencies of one kind of request, or of all, in milliseconds, smallest first. */
export function latenciesOf(turns: readonly Pick<Played, "latencies">[], kind?: Kind): number[] {
  const kinds = kind === undefined ? KINDS : [kind];
  const all = turns.flatMap(({ latencies }) => kinds.flatMap((kind) => latencies[kind] ?? []));
  return all.map((us) => us / US_PER_MS).sort((a, b) => a - b);
}

const rate = ({ perSecond }: Played): number => perSecond;
const p99 = (turn: Played): number => percentile(latenciesOf([turn]), 0.99);

/** Returns the figures of all rounds. @param failedEvents the number of webhook events that finally failed. */
export function figuresOf(all: readonly Rounds[], failedEvents: number): Figure[] {
  const played = all.flatMap(({ turns, floorAgain }) => [...Object.values(turns).flat(), ...floorAgain]);
  const errors = played.reduce((sum, turn) => sum + turn.errors, 0) + failedEvents;
  const samples = all.flatMap(({ turns }) => (turns.product ?? []).flatMap(({ sample }) => sample ?? []));
  return [
    ...all.flatMap(ratiosOf),
    { name: "errors of all servers", value: errors, unit: "", goal: atMost(0) },
    { name: "memory of the product after the mix", value: (samples.at(-1)?.rss ?? NaN) / 1e6, unit: "MB" },
  ];
}

function ratiosOf({ connections, turns, floorAgain }: Rounds): Figure[] {
  const { product = [], hono = [], floor = [], limited, mock } = turns;
  const name = (what: string) => `mix, ${connections} connections: ${what}`;
  const times = (what: string, value: number): Figure => ({ name: name(what), value, unit: "×" });
  const rateOfHono = times("requests/s / bare Hono", medianRatio(product.map(rate), hono.map(rate)));
  const p99OfHono = times("p99 / bare Hono's p99", medianRatio(product.map(p99), hono.map(p99)));
  const isMiddle = connections === MIDDLE;
  const loop = product.flatMap(({ sample }) => sample?.loop ?? []);
  return [
    isMiddle ? { ...rateOfHono, goal: atLeast(0.35) } : rateOfHono,
    times("requests/s / bare node:http", medianRatio(product.map(rate), floor.map(rate))),
    isMiddle ? { ...p99OfHono, goal: atMost(2.5) } : p99OfHono,
    ...(limited
      ? [times("requests/s, limits on / off", medianRatio(limited.map(rate), product.map(rate)))]
      : []),
    ...(mock ? [times("requests/s / convex-test", medianRatio(product.map(rate), mock.map(rate)))] : []),
    times("bare node:http / itself (the noise)", medianRatio(floorAgain.map(rate), floor.map(rate))),
    times("its p99 / itself (the noise)", medianRatio(floorAgain.map(p99), floor.map(p99))),
    { name: name("event loop delay, p99"), value: median(loop.map(({ p99 }) => p99)), unit: "ms" },
    { name: name("event loop delay, maximum"), value: Math.max(...loop.map(({ max }) => max)), unit: "ms" },
    {
      name: name("last webhook processed after"),
      value: median(product.map(({ settleMs }) => settleMs)),
      unit: "ms",
    },
  ];
}

/** Latencies in milliseconds. */
type Latencies = Readonly<Record<"p50" | "p95" | "p99", number>>;

/** The results of one server at one number of connections. */
interface Summary {
  readonly server: ServerName;
  /** The median of the rounds. */
  readonly perSecond: number;
  /** Latencies of all requests of all rounds. */
  readonly all: Latencies;
  readonly kinds: Readonly<Partial<Record<Kind, Latencies>>>;
}

export interface Summaries {
  readonly connections: number;
  readonly servers: readonly Summary[];
}

export function summariesOf({ connections, turns }: Rounds): Summaries {
  const servers = SERVERS.flatMap((server): Summary[] => {
    const own = turns[server];
    if (!own) return [];
    const kinds: Partial<Record<Kind, Latencies>> = {};
    for (const kind of KINDS) {
      const sorted = latenciesOf(own, kind);
      if (sorted.length > 0) kinds[kind] = spread(sorted);
    }
    return [{ server, perSecond: median(own.map(rate)), all: spread(latenciesOf(own)), kinds }];
  });
  return { connections, servers };
}

const spread = (sorted: readonly number[]): Latencies => ({
  p50: percentile(sorted, 0.5),
  p95: percentile(sorted, 0.95),
  p99: percentile(sorted, 0.99),
});

/** Returns requests per second, and p50 / p95 / p99 of every kind of request, as Markdown. */
export function latencyTable({ connections, servers }: Summaries): string {
  const latency = (of: (summary: Summary) => Latencies | undefined): string[] =>
    servers.map((summary) => {
      const found = of(summary);
      return found ? [found.p50, found.p95, found.p99].map(shown).join(" / ") : "";
    });
  const measured = KINDS.filter((kind) => servers.some(({ kinds }) => kinds[kind]));
  return markdownTable(
    [`${connections} connections`, ...servers.map(({ server }) => LABELS[server])],
    [
      ["requests per second", ...servers.map(({ perSecond }) => shown(perSecond))],
      ["all: p50 / p95 / p99, ms", ...latency(({ all }) => all)],
      ...measured.map((kind) => [NAMES[kind], ...latency(({ kinds }) => kinds[kind])]),
    ],
  );
}

/** Returns the first wrong answer of each server, if any. */
export function complaintsOf(all: readonly Rounds[]): string[] {
  return SERVERS.flatMap((name) => {
    const turns = all.flatMap((rounds) => rounds.turns[name] ?? []);
    const first = turns.find(({ firstError }) => firstError !== undefined)?.firstError;
    return first === undefined ? [] : [`${LABELS[name]}: ${first}`];
  });
}
