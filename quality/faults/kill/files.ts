/** Workloads of files: `POST /api/upload`, and upload URLs. */
import { createHash, randomBytes } from "node:crypto";
import type { Call } from "../client";
import { everything } from "../client";
import type { Workload, Turn } from "./workload";
import { expectStatus, repeated, sample } from "./workload";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Returns random bytes: mostly few, sometimes so many that the server is killed during the upload. */
function bytesOf(random: () => number): Uint8Array {
  return randomBytes(Math.floor(random() < 0.1 ? random() * 2_000_000 : random() * 40_000) + 1);
}

/** Downloads the bytes of a file through its public URL. */
async function bytesAt(call: Call, id: string): Promise<Uint8Array> {
  const found = await call("GET", `/files/${id}`);
  expectStatus(found, `the file ${id}`, 302);
  const response = await fetch(found.headers.get("location") ?? "");
  if (response.status !== 200) throw new Error(`the bytes of ${id}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Compares the files that the API shows with the acknowledged ones. @param acknowledged digests by file id. */
async function mismatches(
  { call, random }: Turn,
  acknowledged: ReadonlyMap<string, string>,
): Promise<string[]> {
  const shown = new Map((await everything(call, "/api/files")).map((file) => [file["id"], file["sha256"]]));
  const problems = [...acknowledged].flatMap(([id, digest]) =>
    shown.get(id) === digest ? [] : [`file ${id}: ${String(shown.get(id))} instead of ${digest}`],
  );
  // Only a sample is downloaded. `inspect` checks the bytes of all files after the server has ended.
  for (const [id, digest] of sample([...acknowledged], 100, random))
    if (sha256(await bytesAt(call, id)) !== digest) problems.push(`file ${id} has other bytes`);
  return problems;
}

export function uploads(): Workload {
  const acknowledged = new Map<string, string>();
  /** Unanswered uploads by idempotency key. */
  const open = new Map<string, Uint8Array>();
  let sent = 0;
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
      const key = `upload-${++sent}`;
      const bytes = bytesOf(turn.random);
      open.set(key, bytes);
      await send(turn, key, bytes);
    },
    async retry(turn) {
      for (const [key, bytes] of [...open]) await send(turn, key, bytes);
      return [];
    },
    missing: (turn) => mismatches(turn, acknowledged),
    // All uploads have different bytes, so each digest must occur once.
    duplicates: (found) =>
      repeated(found.documents("files").map((file) => file["sha256"])).map(
        (digest) => `${String(digest)} is stored more than once`,
      ),
  };
}

export function directUploads(): Workload {
  const acknowledged = new Map<string, string>();
  /** Uploaded bytes that are not registered yet: digests by storage id. */
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
      const target = await turn.call("POST", "/api/upload-url");
      expectStatus(target, "an upload URL", 201);
      const bytes = bytesOf(turn.random);
      const sent = await turn.call("POST", String(target.json["uploadUrl"]), bytes);
      expectStatus(sent, "a direct upload", 200);
      const storageId = String(sent.json["storageId"]);
      open.set(storageId, sha256(bytes));
      await register(turn, storageId, sha256(bytes));
    },
    async retry(turn) {
      // An acknowledged upload can be registered after any number of kills.
      for (const [storageId, digest] of [...open]) await register(turn, storageId, digest);
      return [];
    },
    missing: (turn) => mismatches(turn, acknowledged),
    duplicates: (found) =>
      repeated(found.documents("files").map((file) => file["storageId"])).map(
        (id) => `${String(id)} is registered more than once`,
      ),
  };
}
