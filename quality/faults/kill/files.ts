/** Files, by `POST /api/upload` and by upload URLs. */
import { createHash, randomBytes } from "node:crypto";
import type { Call } from "../client";
import { everything } from "../client";
import type { Workload, Turn } from "./workload";
import { expectStatus, repeated, some } from "./workload";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Mostly small; some take longer to arrive than the server lives. */
function bytesOf(random: () => number): Uint8Array {
  return randomBytes(Math.floor(random() < 0.1 ? random() * 2_000_000 : random() * 40_000) + 1);
}

/** The bytes of a file as everyone gets them. */
async function bytesAt(call: Call, id: string): Promise<Uint8Array> {
  const found = await call("GET", `/files/${id}`);
  expectStatus(found, `the file ${id}`, 302);
  const response = await fetch(found.headers.get("location") ?? "");
  if (response.status !== 200) throw new Error(`the bytes of ${id}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Files by id, with the digest that the acknowledged bytes have. */
async function missingOf(
  { call, random }: Turn,
  acknowledged: ReadonlyMap<string, string>,
): Promise<string[]> {
  const shown = new Map((await everything(call, "/api/files")).map((file) => [file["id"], file["sha256"]]));
  const problems = [...acknowledged].flatMap(([id, digest]) =>
    shown.get(id) === digest ? [] : [`file ${id}: ${String(shown.get(id))} in the place of ${digest}`],
  );
  // The bytes of all are held against their digests when the server has ended.
  for (const [id, digest] of some([...acknowledged], 100, random))
    if (sha256(await bytesAt(call, id)) !== digest) problems.push(`file ${id} has other bytes`);
  return problems;
}

export function uploads(): Workload {
  const acknowledged = new Map<string, string>();
  /** What had no answer, by key. */
  const open = new Map<string, Uint8Array>();
  let asked = 0;
  const send = async ({ call }: Turn, key: string, bytes: Uint8Array) => {
    const answer = await call("POST", "/api/upload", bytes, { "Idempotency-Key": key });
    expectStatus(answer, key, 200);
    acknowledged.set(String(answer.json["storageId"]), sha256(bytes));
    open.delete(key);
  };
  return {
    name: "uploads",
    workers: 4,
    acknowledged: () => acknowledged.size,
    async work(turn) {
      const key = `upload-${++asked}`;
      const bytes = bytesOf(turn.random);
      open.set(key, bytes);
      await send(turn, key, bytes);
    },
    async again(turn) {
      for (const [key, bytes] of [...open]) await send(turn, key, bytes);
      return [];
    },
    missing: (turn) => missingOf(turn, acknowledged),
    // No two were the same.
    twice: (found) =>
      repeated(found.documents("files").map((file) => file["sha256"])).map(
        (digest) => `${String(digest)} is there twice`,
      ),
  };
}

export function directUploads(): Workload {
  const acknowledged = new Map<string, string>();
  /** Bytes that are there, and not registered yet. */
  const open = new Map<string, string>();
  const register = async ({ call }: Turn, storageId: string, digest: string) => {
    const key = { "Idempotency-Key": `register-${storageId}` };
    const answer = await call("POST", "/api/files", { storageId }, key);
    expectStatus(answer, `register ${storageId}`, 201);
    acknowledged.set(storageId, digest);
    open.delete(storageId);
  };
  return {
    name: "direct uploads",
    workers: 3,
    acknowledged: () => acknowledged.size,
    async work(turn) {
      const place = await turn.call("POST", "/api/upload-url");
      expectStatus(place, "an upload URL", 201);
      const bytes = bytesOf(turn.random);
      const sent = await turn.call("POST", String(place.json["uploadUrl"]), bytes);
      expectStatus(sent, "a direct upload", 200);
      const storageId = String(sent.json["storageId"]);
      open.set(storageId, sha256(bytes));
      await register(turn, storageId, sha256(bytes));
    },
    async again(turn) {
      // An acknowledged upload is there to be registered, whatever has happened since.
      for (const [storageId, digest] of [...open]) await register(turn, storageId, digest);
      return [];
    },
    missing: (turn) => missingOf(turn, acknowledged),
    twice: (found) =>
      repeated(found.documents("files").map((file) => file["storageId"])).map(
        (id) => `${String(id)} is there twice`,
      ),
  };
}
