import type { ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { expect, test } from "vitest";
import { endsWithTest } from "../../fixtures/child";
import type { Random } from "../../fixtures/random";
import { below, bytesOf, randomOf, SEED } from "../../fixtures/random";
import { temporaryDirectory } from "../../fixtures/serve";
import { onDisk, serveFiles, sha256, STORED, uuidOf } from "../../fixtures/stored";

const ROUNDS = 4;
const UPLOADERS = 6;
const CHILD = join(import.meta.dirname, "filesCrash.child.ts");
const RUN = join(import.meta.dirname, "../../../../scripts/run.mjs");

/** A server in a separate process. */
class Victim {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor(data: string) {
    const args = [RUN, CHILD, STORED, data];
    this.#process = endsWithTest(spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] }));
    this.#process.stdin.on("error", () => undefined);
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** Sends a line and returns the response, `null` if the process ended first. One call at a time. */
  async ask(line: string): Promise<string | null> {
    this.#process.stdin.write(`${line}\n`);
    const answer = await this.#lines.next();
    return answer.done === true ? null : answer.value;
  }

  async kill(): Promise<void> {
    const gone = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await gone;
  }
}

/** Uploads random bytes until the server is gone or `uploads` is reached. */
async function keepUploading(
  url: string,
  acknowledged: Map<string, Buffer>,
  enough: () => void,
  uploads: number,
  random: Random,
): Promise<void> {
  try {
    for (;;) {
      const bytes = bytesOf(random, below(random, 300_000));
      const response = await fetch(url, { method: "POST", body: bytes });
      const { storageId } = (await response.json()) as { storageId: string };
      acknowledged.set(storageId, sha256(bytes));
      if (acknowledged.size >= uploads) enough();
    }
  } catch {
    // The server was killed, so this upload was not acknowledged.
  }
}

test(
  "after kill -9 acknowledged files are complete, deleted files are gone, and the disk holds no other bytes",
  { timeout: 120_000 },
  async () => {
    const random = randomOf(SEED);
    const data = temporaryDirectory();
    const files = new Map<string, Buffer>();
    const deleted = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      const victim = new Victim(data);
      const url = await victim.ask("url");
      if (url === null) throw new Error("the server did not start");
      for (const id of [...files.keys()].slice(0, round)) {
        expect(await victim.ask(`delete ${id}`)).toBe(`deleted ${id}`);
        files.delete(id);
        deleted.add(id);
      }
      const fresh = new Map<string, Buffer>();
      let killed: Promise<void> | undefined;
      const kill = () => void (killed ??= victim.kill());
      const most = 1 + below(random, 25);
      await Promise.all(
        Array.from({ length: UPLOADERS }, () => keepUploading(url, fresh, kill, most, random)),
      );
      await killed;
      for (const [id, digest] of fresh) files.set(id, digest);

      const server = await serveFiles({ data });
      const named: string[] = [];
      for (const { _id } of (await server.run("files:documents", {})) as { _id: string }[]) {
        const address = (await server.run("files:url", { id: _id })) as string;
        named.push(uuidOf(address));
        const response = await fetch(address);
        const bytes = new Uint8Array(await response.arrayBuffer());
        // A file whose acknowledgement was lost may exist, but then it is complete.
        expect(`sha-256=${sha256(bytes).toString("base64")}`).toBe(response.headers.get("digest"));
        if (files.has(_id)) expect(sha256(bytes)).toEqual(files.get(_id));
        expect(deleted.has(_id)).toBe(false);
      }
      for (const id of files.keys()) expect(await server.run("files:url", { id })).not.toBeNull();
      await server.idle();
      expect(onDisk(server).toSorted()).toEqual(named.toSorted());
      await server.close();
    }
    expect(files.size).toBeGreaterThan(0);
  },
);
