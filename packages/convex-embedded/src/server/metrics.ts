/** Collects the metrics of a server for a scrape. */
import type { Engine } from "../exec/engine";
import type { LogLine } from "../exec/logLine";
import type { BodyMemory } from "../http/bodyMemory";
import type { Family } from "../metrics/exposition";
import { counter, exposition, gauge } from "../metrics/exposition";
import { ProcessMetrics } from "../metrics/processMetrics";
import { RequestMetrics, requestFamilies } from "../metrics/requestMetrics";
import type { SyncSockets } from "../sync/sockets";
import { AppMetrics } from "./appMetrics";
import type { Builds } from "./builds";

interface MetricsOptions {
  readonly builds: Builds;
  readonly sockets: SyncSockets;
  readonly bodyMemory: BodyMemory;
  /** The query that returns the app's own figures; `null` for none. */
  readonly query: string | null;
  readonly log: (line: LogLine) => void;
}

export class Metrics {
  readonly site = new RequestMetrics("http");
  readonly api = new RequestMetrics("api");
  readonly #process = new ProcessMetrics();
  readonly #app: AppMetrics | null;

  constructor(private readonly options: MetricsOptions) {
    const { builds, query, log } = options;
    this.#app = query === null ? null : new AppMetrics(() => builds.engine as Engine, query, log);
  }

  /** Returns the metrics in the text format of Prometheus. */
  async text(): Promise<string> {
    const app = (await this.#app?.families()) ?? [];
    return exposition([
      ...requestFamilies([this.site, this.api]),
      ...this.#queues(),
      ...this.#store(),
      ...this.#queries(),
      ...this.#process.families(),
      ...app,
    ]);
  }

  stop(): void {
    this.#process.stop();
  }

  #queues(): Family[] {
    const { builds, bodyMemory } = this.options;
    const { background } = builds;
    const bodies = [
      gauge("convex_request_body_bytes", "Memory that request bodies have reserved.", bodyMemory.held),
      gauge("convex_request_bodies_waiting", "Request bodies that wait for memory.", bodyMemory.waiting),
    ];
    if (background === null) return bodies;
    const { pending, due, lagMs } = background.queue();
    const { running } = background.scheduler;
    return [
      ...bodies,
      gauge("convex_scheduled_functions_pending", "Scheduled functions that wait, at most 1000.", pending),
      gauge("convex_scheduled_functions_due", "Those of them whose time has come.", due),
      gauge("convex_scheduled_functions_lag_seconds", "How late the first due function is.", lagMs / 1_000),
      gauge("convex_scheduled_functions_running", "Scheduled functions and cron jobs that run.", running),
    ];
  }

  #store(): Family[] {
    const figures = this.options.builds.storeFigures();
    if (figures === null) return [];
    const { commits, executions, rolledBack, failedCommits, queued, readers } = figures;
    return [
      gauge("convex_sqlite_database_bytes", "Size of the database file.", figures.databaseBytes),
      gauge("convex_sqlite_wal_bytes", "Size of the write-ahead log.", figures.logBytes),
      gauge("convex_sqlite_readers", "Open connections for reading.", readers),
      counter("convex_sqlite_commits_total", "Durable commits, each of a group of mutations.", commits),
      counter(
        "convex_sqlite_failed_commits_total",
        "Groups of mutations that could not begin or commit.",
        failedCommits,
      ),
      counter("convex_mutations_committed_total", "Mutations whose writes are durable.", executions),
      counter("convex_mutations_rolled_back_total", "Mutations that threw.", rolledBack),
      gauge("convex_mutations_queued", "Mutations that wait for the writer.", queued),
    ];
  }

  #queries(): Family[] {
    const { builds, sockets } = this.options;
    const { hits, misses } = builds.cacheCounts;
    const { bytes = 0, size = 0 } = builds.engine?.queryCache ?? {};
    return [
      gauge("convex_live_sockets", "Open WebSocket connections.", sockets.size),
      gauge("convex_live_queries", "Subscribed queries, each counted once.", sockets.queryCount),
      counter("convex_query_cache_hits_total", "Query calls that the cache answered.", hits),
      counter("convex_query_cache_misses_total", "Query calls that could be cached, but ran.", misses),
      gauge("convex_query_cache_entries", "Cached results.", size),
      gauge("convex_query_cache_bytes", "Size of the cached results.", bytes),
    ];
  }
}
