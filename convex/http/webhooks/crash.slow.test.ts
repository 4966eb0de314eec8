import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, vi } from "vitest";
import { below, randomOf, SEED } from "../../../packages/convex-embedded/fixtures/random";
import { startServer as startEmbedded } from "convex-embedded/testing/server";
import { checkedFetch } from "../../../openapi/contract/check";
import { startServer } from "../../../quality/lib/testServer";
import { onlyOn } from "../testing/engine.testing";
import type { Json } from "../testing/replies.testing";
import { webhook, WEBHOOK_ENV } from "../testing/webhooks.testing";

const ROUNDS = 5;
const SENDERS = 8;

/**
 * Sends webhooks until the server stops.
 *
 * @param onAcknowledged Called after each acknowledgement.
 * @returns The ids of the acknowledged webhooks.
 */
async function flood(url: string, round: number, onAcknowledged: () => void): Promise<string[]> {
  const acknowledged: string[] = [];
  const sender = async (index: number) => {
    for (let n = 0; ; n++) {
      const { id, init } = webhook("clerk", "session.created", {
        id: `crash-${round}-${index}-${n}`,
        now: Date.now(),
      });
      const reply = await checkedFetch(`${url}/webhooks/clerk`, init).catch(() => undefined);
      if (reply?.status !== 200) return;
      acknowledged.push(id);
      onAcknowledged();
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, (_, index) => sender(index)));
  return acknowledged;
}

onlyOn(
  "embedded",
  "the mock does not run in a process of its own",
  "After kills at random moments, each acknowledged event is processed once",
  async () => {
    const random = randomOf(SEED);
    const data = join(mkdtempSync(join(tmpdir(), "webhook-crash-")), "data");
    const acknowledged: string[] = [];
    let key: string | undefined;
    for (let round = 0; round < ROUNDS; round++) {
      const server = await startServer({ data, settings: WEBHOOK_ENV });
      key ??= server.key;
      // Some rounds end while the first webhooks arrive, some while many are being processed.
      let left = 1 + below(random, 100);
      const moment = below(random, 20);
      const kill = () => setTimeout(() => void server.kill(), moment);
      acknowledged.push(
        ...(await flood(server.url, round, () => {
          if (--left === 0) kill();
        })),
      );
      await server.kill();
    }

    const last = await startServer({ data, settings: WEBHOOK_ENV });
    const read = async (path: string) => {
      const reply = await checkedFetch(last.url + path, { headers: { "X-API-Key": key ?? "" } });
      return {
        list: (await reply.json()) as Json[],
        next: /<([^>]+)>/.exec(reply.headers.get("link") ?? "")?.[1],
      };
    };
    await vi.waitFor(
      async () => expect((await read("/api/webhook-events?status=pending")).list).toEqual([]),
      { timeout: 300_000 },
    );
    const log = new Map<unknown, Json>();
    for (let path: string | undefined = "/api/webhook-events?limit=100"; path;) {
      const page: Awaited<ReturnType<typeof read>> = await read(path);
      for (const event of page.list) {
        expect(log.has(event["eventId"]), String(event["eventId"])).toBe(false);
        log.set(event["eventId"], event);
      }
      path = page.next;
    }
    expect(acknowledged.length).toBeGreaterThan(0);
    for (const id of acknowledged) expect(log.get(id)).toMatchObject({ status: "success", handled: false });

    await last.stop();
    rmSync(data, { recursive: true });
  },
  // The test starts six servers, and waits up to two minutes until the cron job retries attempts that the last kill ended.
  600_000,
);

onlyOn(
  "embedded",
  "the mock does not limit the time of a function",
  "An event whose handler never returns fails after 8 attempts and does not delay others",
  async () => {
    const project = mkdtempSync(join(tmpdir(), "webhook-hang-"));
    cpSync("convex", join(project, "convex"), { recursive: true });
    for (const name of ["node_modules", "openapi", "package.json"])
      symlinkSync(resolve(name), join(project, name));
    writeFileSync(
      join(project, "convex", "hanging.ts"),
      `import { internalMutation } from "./_generated/server";
       export const handle = internalMutation({ handler: () => new Promise(() => undefined) });`,
    );
    let ahead = 0;
    const server = await startEmbedded({ project, data: "data", port: 0, clock: () => Date.now() + ahead });
    const record = (eventId: string, handler: string) =>
      server.run("webhooks/receive:record", {
        ...{ source: "clerk", eventId, eventType: "session.created", eventTime: 0, handler },
        payload: { text: "{}" },
      });
    const status = async (eventId: string) => {
      const { docs } = (await server.run("webhooks/log:list", { limit: 10 })) as { docs: Json[] };
      return docs.find((event) => event["eventId"] === eventId);
    };

    await record("hangs", "hanging:handle");
    await record("behind", "clerk");
    await server.idle();
    expect(await status("behind")).toMatchObject({ status: "success" });
    expect(await status("hangs")).toMatchObject({ status: "pending", attempts: 1 });
    for (let wait = 0; wait < 10 && (await status("hangs"))?.["status"] === "pending"; wait++) {
      ahead += 5 * 60_000;
      await server.idle();
    }
    expect(await status("hangs")).toMatchObject({ status: "failed", attempts: 8 });
    await server.close();
    rmSync(project, { recursive: true });
  },
);
