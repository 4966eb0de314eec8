/** The servers for the browser suites: pages on several origins, and an API on another origin that allows some of them. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { startServer, type EmbeddedServer } from "convex-embedded/testing/server";
import { checkedFetch } from "../../../openapi/contract/check";
import { servePages } from "./pages";

export type TestSite = {
  api: EmbeddedServer;
  /** Returns the origin of the pages for a host such as `app.localhost`. All of them resolve to this machine. */
  origin: (host: string) => string;
  /** Stops the API's clock until the end of the test, so that rate limits do not refill. */
  stopClock: () => void;
  /** Creates a key for a new user, with all scopes by default. */
  key: (scopes?: readonly string[]) => Promise<string>;
  close: () => Promise<void>;
};

/** The rate limit of each key, in requests a minute. */
export const PER_MINUTE = 60;

/**
 * Serves pages and an empty page, `/blank`, at every host, and an API that allows `app.localhost` and the subdomains of
 * `team.localhost`.
 *
 * @param build Writes the pages into a directory. Default: only the empty page is served.
 */
export async function openTestSite(build?: (outDir: string) => Promise<unknown>): Promise<TestSite> {
  const directory = mkdtempSync(join(tmpdir(), "site-"));
  const outDir = join(directory, "pages");
  await build?.(outDir);
  const pages = await servePages(outDir);

  const env = {
    CORS_ORIGINS: `${pages.origin("app.localhost")},${pages.origin("*.team.localhost")}`,
    RATE_LIMIT_KEY_PER_MINUTE: String(PER_MINUTE),
    // The suite of the deliveries receives webhooks on this machine.
    WEBHOOK_ALLOW_HTTP: "1",
  };
  let stopped: number | undefined;
  const clock = () => stopped ?? Date.now();
  const data = join(directory, "data");
  const api = await startServer({ project: process.cwd(), data, port: 0, env, clock });
  return {
    api,
    origin: pages.origin,
    stopClock: () => {
      stopped = Date.now();
      onTestFinished(() => void (stopped = undefined));
    },
    key: async (scopes = ["*"]) => {
      const options = { name: "browser", scopes: [...scopes], email: `${randomUUID()}@example.com` };
      return ((await api.run("apiKeys:issue", options)) as { key: string }).key;
    },
    close: async () => {
      pages.close();
      await api.close();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Uses up the rate limit of a key. It does not refill before the end of the test. */
export async function exhaust({ api, stopClock }: TestSite, key: string): Promise<void> {
  stopClock();
  const headers = { "X-API-Key": key };
  for (;;) if ((await checkedFetch(`${api.url}/api/protected`, { headers })).status === 429) return;
}
