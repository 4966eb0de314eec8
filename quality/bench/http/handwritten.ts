/**
 * The API's work on the database, written by hand with the same SQLite binding: the same reads, the same durable writes, and as
 * many index rows, without the product. Both hand-written servers use it.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Connection } from "../../../packages/convex-embedded/src/store/sqlite";
import type { Durably } from "../lib/group";
import { groupCommit } from "../lib/group";
import type { HeaderOf } from "./verify";
import { verified } from "./verify";

const TABLES = `
  CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL);
  CREATE TABLE keys (hash TEXT PRIMARY KEY, user TEXT NOT NULL, revoked REAL);
  CREATE TABLE items (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL, description TEXT, created REAL NOT NULL,
    updated REAL NOT NULL, revision INTEGER NOT NULL
  );
  CREATE INDEX items_by_creation_time ON items (created);
  CREATE INDEX items_by_owner ON items (owner, created, id);
  CREATE TABLE events (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, event TEXT NOT NULL, payload TEXT NOT NULL, status TEXT NOT NULL,
    attempts INTEGER NOT NULL, due REAL, purge REAL NOT NULL, created REAL NOT NULL
  );
  CREATE INDEX events_by_creation_time ON events (created);
  CREATE INDEX events_by_source ON events (source, created);
  CREATE INDEX events_by_status ON events (status, created);
  CREATE INDEX events_by_source_and_status ON events (source, status, created);
  CREATE UNIQUE INDEX events_by_event ON events (source, event);
  CREATE INDEX events_by_due ON events (status, due);
  CREATE INDEX events_by_purge ON events (purge);
  CREATE TABLE effects (id TEXT PRIMARY KEY, event TEXT NOT NULL UNIQUE, created REAL NOT NULL);
  CREATE INDEX effects_by_creation_time ON effects (created);
`;
const LEASE_MS = 60_000;
const KEPT_MS = 30 * 24 * 60 * 60 * 1_000;

export interface Item {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

interface Row {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly description: string | null;
  readonly created: number;
  readonly updated: number;
}

type Fields = { readonly name?: string | null; readonly description?: string | null };

export class ByHand {
  readonly #db: Connection;
  readonly #durably: Durably;
  readonly #statements: ReturnType<typeof prepare>;

  /** @param directory for the database. */
  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.#db = new Connection(join(directory, "floor.sqlite"));
    this.#db.pragma("journal_mode = WAL");
    this.#db.pragma("synchronous = FULL");
    this.#db.pragma("mmap_size = 67108864");
    this.#db.pragma("cache_size = -16000");
    this.#db.exec(TABLES);
    this.#durably = groupCommit(this.#db);
    this.#statements = prepare(this.#db);
  }

  /** Creates a user and returns its key. */
  issueKey(): string {
    const [user, key] = [randomUUID(), `key_${randomUUID()}`];
    this.#db.prepare("INSERT INTO users VALUES (?, ?, 'Ada')").run(user, `${user}@example.org`);
    this.#db.prepare("INSERT INTO keys VALUES (?, ?, NULL)").run(sha256(key), user);
    return key;
  }

  /** Returns the user of a key, or `undefined`. */
  callerOf(key: string): string | undefined {
    const found = this.#statements.keyBy.get(sha256(key));
    return found && this.#statements.userBy.get(found.user)?.id;
  }

  /** Returns an item by id, without checking its owner. */
  item(id: string): Item | undefined {
    return toItem(this.#statements.itemBy.get(id));
  }

  itemOf(owner: string, id: string): Item | undefined {
    const row = this.#statements.itemBy.get(id);
    return row?.owner === owner ? toItem(row) : undefined;
  }

  /** Returns a page of items, newest first, and the cursor of the next page. @param after the cursor of an earlier page. */
  list(owner: string, limit: number, after: string | null): { items: Item[]; next?: string } {
    const [created = "Infinity", id = ""] = after?.split("_") ?? [];
    const rows = this.#statements.page.all(owner, Number(created), id, limit + 1);
    const items = rows.slice(0, limit).map((row) => toItem(row));
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    return { items, ...(last && { next: `${last.created}_${last.id}` }) };
  }

  create(owner: string, { name, description = null }: Fields): Promise<Item> {
    return this.#durably(() => {
      const [id, now] = [randomUUID(), Date.now()];
      this.#statements.addItem.run(id, owner, name ?? "", description, now, now);
      return toItem({ id, owner, name: name ?? "", description, created: now, updated: now });
    });
  }

  change(owner: string, id: string, { name = null, description = null }: Fields): Promise<Item | undefined> {
    const { itemBy, setItem } = this.#statements;
    return this.#durably(() => {
      if (itemBy.get(id)?.owner !== owner) return undefined;
      setItem.run(name, description, Date.now(), id);
      return toItem(itemBy.get(id));
    });
  }

  /** Records a signed event durably, and processes it later. @returns false if the signature is wrong. */
  async receive(source: string, header: HeaderOf, body: string): Promise<boolean> {
    const event = verified(source, header, body);
    if (event === undefined) return false;
    const [id, now] = [randomUUID(), Date.now()];
    const { changes } = await this.#durably(() =>
      this.#statements.addEvent.run(id, source, event, body, now + LEASE_MS, now + KEPT_MS, now),
    );
    if (changes > 0) void this.#process(id);
    return true;
  }

  /** Processes an event in a separate transaction, as a queue would. The effect and the success commit together. */
  async #process(id: string): Promise<void> {
    const { addEffect, endEvent } = this.#statements;
    await this.#durably(() => {
      addEffect.run(randomUUID(), id, Date.now());
      endEvent.run(id);
    });
  }
}

function prepare(db: Connection) {
  return {
    keyBy: db.prepare<[string], { user: string }>("SELECT user FROM keys WHERE hash = ? AND revoked IS NULL"),
    userBy: db.prepare<[string], { id: string }>("SELECT id FROM users WHERE id = ?"),
    itemBy: db.prepare<[string], Row>("SELECT * FROM items WHERE id = ?"),
    page: db.prepare<[string, number, string, number], Row>(
      "SELECT * FROM items WHERE owner = ? AND (created, id) < (?, ?) ORDER BY created DESC, id DESC LIMIT ? + 0",
    ),
    addItem: db.prepare("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, 1)"),
    setItem: db.prepare(
      `UPDATE items SET name = coalesce(?, name), description = coalesce(?, description), updated = ?,
       revision = revision + 1 WHERE id = ?`,
    ),
    addEvent: db.prepare(
      "INSERT INTO events VALUES (?, ?, ?, ?, 'pending', 1, ?, ?, ?) ON CONFLICT DO NOTHING",
    ),
    addEffect: db.prepare("INSERT INTO effects VALUES (?, ?, ?)"),
    endEvent: db.prepare("UPDATE events SET status = 'success', due = NULL WHERE id = ?"),
  };
}

function toItem(row: Row): Item;
function toItem(row: Row | undefined): Item | undefined;
function toItem(row: Row | undefined): Item | undefined {
  return (
    row && {
      id: row.id,
      name: row.name,
      ...(row.description !== null && { description: row.description }),
      createdAt: new Date(row.created).toISOString(),
      updatedAt: new Date(row.updated).toISOString(),
    }
  );
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
