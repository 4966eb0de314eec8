/** Items that are created, plainly and with an `Idempotency-Key`, and changed under `If-Match`. */
import type { Inspection } from "../../../packages/convex-embedded/fixtures/inspect";
import { everything } from "../client";
import type { Workload, Turn } from "./workload";
import { expectStatus, repeated, some } from "./workload";

const post = ({ call }: Turn, name: string, key?: string) =>
  call("POST", "/api/items", { name }, key === undefined ? {} : { "Idempotency-Key": key });

const idOf = (json: Readonly<Record<string, unknown>>) => String(json["id"]);

/** Everything that the list shows, by id, against what was acknowledged. */
async function missingOf({ call }: Turn, acknowledged: ReadonlyMap<string, string>): Promise<string[]> {
  const shown = new Map((await everything(call, "/api/items")).map((item) => [idOf(item), item["name"]]));
  return [...acknowledged].flatMap(([id, name]) =>
    shown.get(id) === name ? [] : [`item ${id}: ${String(shown.get(id))} in the place of ${name}`],
  );
}

const twiceOf = (found: Inspection, prefix: string) =>
  repeated(found.documents("items").map(({ name }) => name))
    .filter((name) => String(name).startsWith(prefix))
    .map((name) => `${String(name)} is there more than once`);

export function createdItems(): Workload {
  const acknowledged = new Map<string, string>();
  let made = 0;
  return {
    name: "items",
    workers: 6,
    acknowledged: () => acknowledged.size,
    async work(turn) {
      const name = `plain ${++made}`;
      const answer = await post(turn, name);
      expectStatus(answer, name, 201);
      acknowledged.set(idOf(answer.json), name);
    },
    again: () => Promise.resolve([]),
    missing: (turn) => missingOf(turn, acknowledged),
    twice: (found) => twiceOf(found, "plain "),
  };
}

export function keyedItems(): Workload {
  const acknowledged = new Map<string, string>();
  /** Ids by key; undefined for what had no answer. The key is the name, too. */
  const asked = new Map<string, string | undefined>();
  return {
    name: "keyed items",
    workers: 6,
    acknowledged: () => acknowledged.size,
    async work(turn) {
      const key = `keyed-${asked.size}`;
      asked.set(key, undefined);
      // Impatient clients send the same twice.
      const answers = await Promise.all([post(turn, key, key), post(turn, key, key)]);
      for (const answer of answers) {
        expectStatus(answer, key, 201);
        asked.set(key, idOf(answer.json));
        acknowledged.set(idOf(answer.json), key);
      }
    },
    async again(turn) {
      const problems: string[] = [];
      const open = [...asked].filter(([, id]) => id === undefined);
      const known = some(
        [...asked].filter(([, id]) => id !== undefined),
        20,
        turn.random,
      );
      for (const [key, id] of [...open, ...known]) {
        const answer = await post(turn, key, key);
        expectStatus(answer, key, 201);
        const replayed = answer.headers.get("Idempotency-Replayed") === "true";
        if (id !== undefined && !(replayed && idOf(answer.json) === id))
          problems.push(`${key} was made again`);
        asked.set(key, idOf(answer.json));
        acknowledged.set(idOf(answer.json), key);
      }
      return problems;
    },
    missing: (turn) => missingOf(turn, acknowledged),
    twice: (found) => twiceOf(found, "keyed-"),
  };
}

interface Lane {
  readonly id: string;
  name: string;
  etag: string;
  /** Sent, and not answered yet. */
  next?: string | undefined;
}

/** Each worker changes an item of its own, so that there is one state which it must have, or two. */
export function changedItems(): Workload {
  const lanes = new Map<number, Lane>();
  let changes = 0;
  let asked = 0;
  const change = async ({ call }: Turn, lane: Lane, name: string) => {
    lane.next = name;
    const answer = await call("PATCH", `/api/items/${lane.id}`, { name }, { "If-Match": lane.etag });
    if (answer.status === 200)
      Object.assign(lane, { name, etag: answer.headers.get("etag"), next: undefined });
    return answer;
  };
  return {
    name: "changes",
    workers: 6,
    acknowledged: () => changes,
    async work(turn, worker) {
      const lane = lanes.get(worker);
      if (lane === undefined) {
        // With a key: a kill may take the answer, and then it is asked for again.
        const answer = await post(turn, `lane ${worker}`, `lane-${worker}`);
        expectStatus(answer, `lane ${worker}`, 201);
        const etag = answer.headers.get("etag") ?? "";
        lanes.set(worker, { id: idOf(answer.json), name: `lane ${worker}`, etag });
        return;
      }
      expectStatus(await change(turn, lane, `lane ${worker}, ${++asked}`), "a change", 200);
      changes++;
    },
    async again(turn) {
      const problems: string[] = [];
      for (const lane of lanes.values()) {
        const { next } = lane;
        const shown = await turn.call("GET", `/api/items/${lane.id}`);
        const is = shown.json["name"];
        const done = next !== undefined && is === next;
        if (!done && is !== lane.name)
          problems.push(`${lane.id}: ${String(is)} in the place of ${lane.name}`);
        if (next === undefined) continue;
        // Done already, it must not be done to what it has made.
        const repeat = await change(turn, lane, next);
        if (repeat.status !== (done ? 412 : 200)) problems.push(`${lane.id}: repeated, ${repeat.status}`);
        if (done) Object.assign(lane, { name: next, etag: shown.headers.get("etag"), next: undefined });
      }
      return problems;
    },
    missing: (turn) => missingOf(turn, new Map([...lanes.values()].map(({ id, name }) => [id, name]))),
    twice: (found) => twiceOf(found, "lane "),
  };
}
