/**
 * The floor, with which the embedded runtime is compared: bare `node:http`, and SQLite through the same binding.
 *
 * - `GET /items/ID`: one point read and its JSON.
 * - `POST /items`: one insert with the rows of its three indexes. The answer is sent after the durable commit of its group.
 */
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Connection } from "../../../packages/convex-embedded/src/store/sqlite";
import { answerParent } from "../lib/children";
import { groupCommit } from "../lib/group";

const DESCRIPTION = "A bolt of the common kind";
const BULK = 2_000;

const directory = process.argv[2] ?? ".";
mkdirSync(directory, { recursive: true });
const db = new Connection(join(directory, "floor.sqlite"));
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.pragma("mmap_size = 67108864");
db.pragma("cache_size = -16000");
db.exec(`
  CREATE TABLE items (
    id TEXT PRIMARY KEY, created REAL NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
    rank REAL NOT NULL
  );
  CREATE INDEX by_creation_time ON items (created);
  CREATE INDEX by_owner_rank ON items (owner, rank);
  CREATE INDEX by_name ON items (name);
`);
const read = db.prepare("SELECT * FROM items WHERE id = ?");
const write = db.prepare("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?)");
const durably = groupCommit(db);

function insert(owner: string, name: string, rank: number): string {
  const id = randomUUID();
  write.run(id, Date.now(), owner, name, DESCRIPTION, rank);
  return id;
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}

function post(request: IncomingMessage, response: ServerResponse): void {
  let text = "";
  request.setEncoding("utf8");
  request.on("data", (chunk: string) => (text += chunk));
  request.on("end", () => {
    const { owner, name } = JSON.parse(text) as { owner: string; name: string };
    void durably(() => insert(owner, name, 1)).then((id) => reply(response, 201, { id }));
  });
}

const server = createServer((request, response) => {
  if (request.method === "POST") post(request, response);
  else {
    const url = request.url ?? "";
    reply(response, 200, read.get(url.slice(url.lastIndexOf("/") + 1)) ?? null);
  }
});
server.listen(0, "127.0.0.1", () => {
  answerParent({
    port: () => (server.address() as AddressInfo).port,
    /** Inserts documents. @returns the ids of the first `keep` documents of each transaction. */
    fill({ count, keep }: { count: number; keep: number }) {
      const ids: string[] = [];
      for (let from = 0; from < count; from += BULK) {
        db.transaction(() => {
          for (let i = from; i < Math.min(from + BULK, count); i++) {
            const id = insert(`owner ${i % 100}`, `item ${i}`, i);
            if (i - from < keep) ids.push(id);
          }
        });
      }
      return ids;
    },
  });
});
