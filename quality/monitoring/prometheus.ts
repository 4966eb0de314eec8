/** A real Prometheus with the configuration of deploy/prometheus, which scrapes a server of the test. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { endsWithTest } from "../../packages/convex-embedded/fixtures/child";
import { freePort } from "../lib/freePort";
import { temporaryDirectory } from "../lib/testServer";
import { DEPLOY } from "./dashboard";

/** Milliseconds between two attempts to reach Prometheus. */
const POLL_MS = 50;

interface Result {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

export interface Prometheus {
  /** Runs a query. @throws Error with Prometheus' message for an invalid one. */
  readonly query: (expr: string) => Promise<readonly Result[]>;
}

/**
 * Starts Prometheus.
 *
 * @param target the API port of a server, `127.0.0.1:3210`.
 * @param key the admin key; null to scrape without one, as the configuration's comment says.
 */
export async function startPrometheus(target: string, key: string | null): Promise<Prometheus> {
  const directory = temporaryDirectory();
  const port = await freePort();
  const keyFile = join(directory, "key");
  writeFileSync(keyFile, `${key ?? ""}\n`);
  const configuration = readFileSync(join(DEPLOY, "prometheus.yml"), "utf8")
    .replace("127.0.0.1:3210", target)
    .replace("scrape_interval: 15s", "scrape_interval: 1s")
    .replace("/etc/prometheus/convex-hono-api.key", keyFile);
  const file = join(directory, "prometheus.yml");
  writeFileSync(
    file,
    key === null ? configuration.replace(/ +# Delete[^]*?credentials_file.*\n/, "") : configuration,
  );
  const options = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(directory, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const child = endsWithTest(spawn("prometheus", options, { stdio: ["ignore", "ignore", "pipe"] }));
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const ended = once(child, "close").then((): never => {
    throw new Error(`Prometheus ended:\n${errors}`);
  });
  // Unless the test still waits for Prometheus, its end is the end of the test.
  ended.catch(() => undefined);
  const url = `http://127.0.0.1:${port}`;
  const isReady = () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await Promise.race([isReady(), ended]))) await pause(POLL_MS);
  return {
    query: async (expr) => {
      const reply = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: expr }).toString()}`);
      const { data, error } = (await reply.json()) as { data?: { result: Result[] }; error?: string };
      if (data === undefined) throw new Error(`${expr}: ${error ?? ""}`);
      return data.result;
    },
  };
}
