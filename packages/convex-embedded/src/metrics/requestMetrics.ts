/**
 * Counts and times the requests of one port by method, route and status.
 *
 * Clients cannot add series without limit: a request has the pattern of its route, not its path, and uncommon methods share one
 * label. Beyond `MAX_SERIES`, which only a router that returns raw paths as patterns reaches, requests share one series.
 */
import type { Family, Labels, Sample } from "./exposition";

/** Upper bounds in seconds. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const MAX_SERIES = 1_000;
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
const OTHER = "other";

interface Series {
  readonly labels: Labels;
  /** Requests by bucket. The last one has no upper bound. */
  readonly buckets: number[];
  seconds: number;
  readonly statuses: Map<number, number>;
}

export class RequestMetrics {
  inFlight = 0;
  /** By `GET /items/:id`. */
  readonly #series = new Map<string, Series>();

  /** @param port the value of the label `port`. */
  constructor(readonly port: string) {}

  /**
   * Counts a request that was answered.
   *
   * @param name method and pattern of the route: `GET /items/:id`.
   */
  answered(name: string, status: number, seconds: number): void {
    const series = this.#series.get(name) ?? this.#add(name);
    series.seconds += seconds;
    const { buckets, statuses } = series;
    let bucket = 0;
    while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] as number)) bucket++;
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }

  /** Returns the requests by status. */
  statuses(): Sample[] {
    return [...this.#series.values()].flatMap(({ labels, statuses }) =>
      [...statuses].map(([status, value]) => ({ labels: { ...labels, status: String(status) }, value })),
    );
  }

  /** Returns the histograms of the durations. */
  durations(): Sample[] {
    return [...this.#series.values()].flatMap(({ labels, buckets, seconds }) => {
      let count = 0;
      const samples: Sample[] = buckets.map((value, i) => {
        count += value;
        const le = i < BOUNDS.length ? String(BOUNDS[i]) : "+Inf";
        return { suffix: "_bucket", labels: { ...labels, le }, value: count };
      });
      samples.push({ suffix: "_sum", labels, value: seconds }, { suffix: "_count", labels, value: count });
      return samples;
    });
  }

  #add(name: string): Series {
    const space = name.indexOf(" ");
    const method = METHODS.has(name.slice(0, space)) ? name.slice(0, space) : OTHER;
    const route = this.#series.size < MAX_SERIES ? name.slice(space + 1) : OTHER;
    const key = route === OTHER ? OTHER : `${method} ${route}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      const labels = { port: this.port, method: route === OTHER ? OTHER : method, route };
      series = { labels, buckets: BOUNDS.map(() => 0).concat(0), seconds: 0, statuses: new Map() };
      this.#series.set(key, series);
    }
    return series;
  }
}

/** Returns the metrics of all ports. */
export function requestFamilies(ports: readonly RequestMetrics[]): Family[] {
  return [
    {
      name: "convex_http_requests_total",
      help: "Requests that were answered, by port, method, pattern of the route and status.",
      type: "counter",
      samples: ports.flatMap((port) => port.statuses()),
    },
    {
      name: "convex_http_request_duration_seconds",
      help: "Time from the head of a request to its response, without the time to send a streamed body.",
      type: "histogram",
      samples: ports.flatMap((port) => port.durations()),
    },
    {
      name: "convex_http_requests_in_flight",
      help: "Requests whose response has not ended.",
      type: "gauge",
      samples: ports.map(({ port, inFlight }) => ({ labels: { port }, value: inFlight })),
    },
  ];
}
