/** Workloads of items: created with and without an `Idempotency-Key`, and changed with `If-Match`. */
import type { Inspection } from "../../../packages/convex-embedded/fixtures/inspect";
import { everything } from "../client";
import type { Workload, Turn } from "./workload";
import { expectStatus, repeated, sample } from "./workload";

const post = ({ call }: Turn, name: string, key?: string) =>
  call("POST", "/api/items", { name }, key === undefined ? {} : { "Idempotency-Key": key });

const idOf = (json: Readonly<Record<string, unknown>>) => String(json["id"]);

/** Compares the items that the API lists with the acknowledged ones. @param acknowledged names by item id. */
async function mismatches({ call }: Turn, acknowledged: ReadonlyMap<string, string>): Promise<string[]> {
  const shown = new Map((await everything(call, "/api/items")).map((item) => [idOf(item), item["name"]]));
  return [...acknowledged].flatMap(([id, name]) =>
    shown.get(id) === name ? [] : [`item ${id}: ${String(shown.get(id))} instead of ${name}`],
  );
}

const duplicatesOf = (found: Inspection, prefix: string) =>
  repeated(found.documents("items").map(({ name }) => name))
    .filter((name) => String(name).startsWith(prefix))
    .map((name) => `${String(name)} is stored more than once`);

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
    retry: () => Promise.resolve([]),
    missing: (turn) => mismatches(turn, acknowledged),
    duplicates: (found) => duplicatesOf(found, "plain "),
  };
}

export function keyedItems(): Workload {
  const acknowledged = new Map<string, string>();
  /** Item ids by idempotency key; undefined until a request is answered. The key is also the item's name. */
  const idByKey = new Map<string, string | undefined>();
  return {
    name: "keyed items",
    workers: 6,
    acknowledged: () => acknowledged.size,
    async work(turn) {
      const key = `keyed-${idByKey.size}`;
      idByKey.set(key, undefined);
      // As an impatient client does, send the request twice at the same time.
      const answers = await Promise.all([post(turn, key, key), post(turn, key, key)]);
      for (const answer of answers) {
        expectStatus(answer, key, 201);
        idByKey.set(key, idOf(answer.json));
        acknowledged.set(idOf(answer.json), key);
      }
    },
    async retry(turn) {
      const problems: string[] = [];
      const open = [...idByKey].filter(([, id]) => id === undefined);
      const known = sample(
        [...idByKey].filter(([, id]) => id !== undefined),
        20,
        turn.random,
      );
      for (const [key, id] of [...open, ...known]) {
        const answer = await post(turn, key, key);
        expectStatus(answer, key, 201);
        const replayed = answer.headers.get("Idempotency-Replayed") === "true";
        if (id !== undefined && !(replayed && idOf(answer.json) === id))
          problems.push(`${key} was created again`);
        idByKey.set(key, idOf(answer.json));
        acknowledged.set(idOf(answer.json), key);
      }
      return problems;
    },
    missing: (turn) => mismatches(turn, acknowledged),
    duplicates: (found) => duplicatesOf(found, "keyed-"),
  };
}

interface Lane {
  readonly id: string;
  name: string;
  etag: string;
  /** The name in an unanswered change. */
  next?: string | undefined;
}

/** Each worker changes its own item, so that after a kill the item must have either the old or the new name. */
export function changedItems(): Workload {
  const lanes = new Map<number, Lane>();
  let changes = 0;
  let sent = 0;
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
        // With an idempotency key, so that a creation whose answer is lost can be repeated.
        const answer = await post(turn, `lane ${worker}`, `lane-${worker}`);
        expectStatus(answer, `lane ${worker}`, 201);
        const etag = answer.headers.get("etag") ?? "";
        lanes.set(worker, { id: idOf(answer.json), name: `lane ${worker}`, etag });
        return;
      }
      expectStatus(await change(turn, lane, `lane ${worker}, ${++sent}`), "a change", 200);
      changes++;
    },
    async retry(turn) {
      const problems: string[] = [];
      for (const lane of lanes.values()) {
        const { next } = lane;
        const shown = await turn.call("GET", `/api/items/${lane.id}`);
        const name = shown.json["name"];
        const done = next !== undefined && name === next;
        if (!done && name !== lane.name) problems.push(`${lane.id}: ${String(name)} instead of ${lane.name}`);
        if (next === undefined) continue;
        // If the change was applied, its old ETag must refuse the repetition.
        const repeat = await change(turn, lane, next);
        if (repeat.status !== (done ? 412 : 200))
          problems.push(`${lane.id}: the repeated change got ${repeat.status}`);
        if (done) Object.assign(lane, { name: next, etag: shown.headers.get("etag"), next: undefined });
      }
      return problems;
    },
    missing: (turn) => mismatches(turn, new Map([...lanes.values()].map(({ id, name }) => [id, name]))),
    duplicates: (found) => duplicatesOf(found, "lane "),
  };
}
