/** SIGKILL at random moments while changes are delivered to 20 endpoints: some are slow, some fail, some are gone. */
import { setTimeout as pause } from "node:timers/promises";
import { expect, inject, test } from "vitest";
import { inspect } from "../../../packages/convex-embedded/fixtures/inspect";
import { randomOf, type Random } from "../../../packages/convex-embedded/fixtures/random";
import { caller, everything, type Call } from "../client";
import { serverWithClock } from "../clock/serverWithClock";
import { openPartners, type Arrival, type Kind } from "./partners";

const { rounds, seed, long } = inject("scale");
const KILLS = long ? rounds : Math.min(rounds, 3);
const KINDS: readonly Kind[] = [
  ...Array<Kind>(12).fill("prompt"),
  ...Array<Kind>(4).fill("slow"),
  ...Array<Kind>(2).fill("failing"),
  ...Array<Kind>(2).fill("gone"),
];
const LIVING = [...KINDS.keys()].filter((partner) => KINDS[partner] !== "gone");

const WORKERS = 4;
/** Changes in a round, at most. */
const CHANGES = 12;
/** The server is killed after at most this many replies and arrivals, and after at most this many milliseconds more. */
const [MOST_PIECES, MOST_DELAY_MS] = [250, 30];
/** The clock advances by this much between two starts, so that the lease of a killed action has ended. */
const LEASE_MS = 61_000;
/** Milliseconds until a request that got 503 is repeated. */
const RETRY_MS = 100;

/** Identifies a change: an item is created once, and changed at most once. */
const keyOf = (type: string, id: unknown): string => `${type} ${String(id)}`;

/** Returns a client that repeats a request that a busy server refuses with 503. */
const patient =
  (call: Call): Call =>
  async (...request) => {
    for (;;) {
      const answer = await call(...request);
      if (answer.status !== 503) return answer;
      await pause(RETRY_MS);
    }
  };

/** Creates items, changes some, and tries stale changes, until the server is killed or the round has enough changes. */
async function write(call: Call, random: Random, done: () => void, killed: AbortSignal): Promise<void> {
  let left = CHANGES;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const item = await call("POST", "/api/items", { name: "bolt" });
      if (item.status !== 201) throw new Error(`${item.status} ${item.text}`);
      done();
      if (random() < 0.5) continue;
      const path = `/api/items/${String(item.json["id"])}`;
      const etag = item.headers.get("etag") ?? "";
      const stale = await call("PATCH", path, { name: "stale" }, { "If-Match": '"999"' });
      const changed = await call("PATCH", path, { name: "nut" }, { "If-Match": etag });
      if (stale.status !== 412 || changed.status !== 200) throw new Error(`${stale.text} ${changed.text}`);
      done();
    }
  };
  const workers = Array.from({ length: WORKERS }, async () => {
    try {
      await worker();
    } catch (error) {
      // `fetch` rejects with a TypeError when a connection is refused or reset.
      if (!(error instanceof TypeError) && !killed.aborted) throw error;
    }
  });
  await Promise.all(workers);
}

test(
  `after ${KILLS} kills, each change has reached each living partner under one id, and no other change has`,
  // Only ends a run that hangs.
  { timeout: 600_000 + KILLS * 60_000 },
  async () => {
    const random = randomOf(seed);
    const { data, set, start } = serverWithClock({ WEBHOOK_ALLOW_HTTP: "1" });
    const arrivals: Arrival[] = [];
    let onArrival = (_: Arrival): void => undefined;
    const partners = await openPartners(KINDS, random, (arrival) => {
      arrivals.push(arrival);
      onArrival(arrival);
    });
    let key: string | undefined;
    let acknowledged = 0;
    for (let round = 0; round < KILLS; round++) {
      set(round * LEASE_MS);
      const server = await start();
      if (key === undefined) {
        key = server.key;
        await partners.subscribe(caller(server.url, key));
      }
      let left = 1 + Math.floor(random() * MOST_PIECES);
      let reach = (): void => undefined;
      const reached = new Promise<void>((resolve) => (reach = resolve));
      const piece = (): void => {
        left -= 1;
        if (left === 0) reach();
      };
      onArrival = piece;
      const killed = new AbortController();
      const writing = write(
        patient(caller(server.url, key, killed.signal)),
        random,
        () => {
          acknowledged += 1;
          piece();
        },
        killed.signal,
      );
      // A writer that fails ends the test.
      await Promise.race([reached, writing.then(() => reached)]);
      await pause(random() * MOST_DELAY_MS);
      killed.abort();
      await server.kill();
      await writing;
      expect(server.lines.filter((line) => /^\s+at /.test(line))).toEqual([]);
    }

    set(KILLS * LEASE_MS);
    const server = await start();
    const items = await everything(patient(caller(server.url, key ?? "")), "/api/items");
    const committed = new Set(
      items.flatMap(({ id, name }) => [
        keyOf("item.created", id),
        ...(name === "nut" ? [keyOf("item.updated", id)] : []),
      ]),
    );
    expect(committed.size).toBeGreaterThanOrEqual(acknowledged);
    const missing = new Set(
      LIVING.flatMap((partner) => [...committed].map((change) => `${partner} ${change}`)),
    );
    const all = new Promise<void>((resolve) => {
      onArrival = ({ partner, type, data, accepted }) => {
        if (accepted) missing.delete(`${partner} ${keyOf(type, data["id"])}`);
        if (missing.size === 0) resolve();
      };
      for (const arrival of [...arrivals]) onArrival(arrival);
    });
    await all;
    expect(await server.stop()).toEqual({ code: 0, signal: null });

    const [ids, bodies] = [new Map<string, Set<string>>(), new Map<string, Set<string>>()];
    const add = (map: Map<string, Set<string>>, at: string, value: string): void =>
      void map.set(at, (map.get(at) ?? new Set()).add(value));
    for (const { id, type, data, body } of arrivals) {
      add(ids, keyOf(type, data["id"]), id);
      add(bodies, id, body);
    }
    expect(arrivals.filter(({ type, data }) => !committed.has(keyOf(type, data["id"])))).toEqual([]);
    expect(arrivals.filter(({ data }) => data["name"] === "stale")).toEqual([]);
    expect([...ids].filter(([, found]) => found.size > 1)).toEqual([]);
    expect([...bodies].filter(([, found]) => found.size > 1)).toEqual([]);
    expect(ids.size).toBe(bodies.size);
    const found = inspect(data);
    expect(found.problems).toEqual([]);
    const states = new Map<string, number>();
    for (const { endpointId, status } of found.documents("webhookDeliveries"))
      if (status === "pending") states.set(String(endpointId), (states.get(String(endpointId)) ?? 0) + 1);
    for (const { endpointId, pending } of found.documents("webhookSenders"))
      expect(pending, String(endpointId)).toBe(states.get(String(endpointId)) ?? 0);
    console.log(
      `${KILLS} kills: ${committed.size} changes (${acknowledged} acknowledged) reached ${LIVING.length} partners, ` +
        `0 missing, 0 invented, ${arrivals.length} attempts arrived`,
    );
  },
);
