import { describe, expect, test } from "vitest";
import type { ValidatorJSON } from "convex/values";
import { encodeId, newInternalId } from "../values/ids";
import { SchemaRefused } from "./schema";
import {
  collect,
  indexOf,
  insert,
  inTransaction,
  insertOne,
  items,
  itemStore,
  names,
  schema,
  temporaryDirectory,
} from "./storeForTests";
import type { SchemaJSON, Store } from "./types";

const NAME_ONLY: ValidatorJSON = {
  type: "object",
  value: { name: { fieldType: { type: "string" }, optional: false } },
};

const many = (count: number, name: string) => Array.from({ length: count }, (_, i) => `${name}${i}`);

async function apply(store: Store, next: SchemaJSON | null, component = ""): Promise<string[]> {
  const lines: string[] = [];
  await store.applySchema(component, next, (line) => lines.push(line));
  return lines;
}

describe("indexes", () => {
  test("that are new are filled with the existing documents, and progress is reported", async () => {
    const store = await itemStore();
    for (const name of ["b", "c", "a"]) await insertOne(store, { name, rank: name.charCodeAt(0) });
    const lines = await apply(
      store,
      schema({ items: { indexes: { by_rank: ["rank"], by_name: ["name"] } } }),
    );
    expect(names(store, "by_rank", "desc")).toEqual(["c", "b", "a"]);
    expect(lines).toContain("index items.by_rank filled with 3 documents");
    await insertOne(store, { name: "aa", rank: 97.5 });
    expect(names(store, "by_rank")).toEqual(["a", "aa", "b", "c"]);
  });

  test("that are no longer declared are dropped with their entries", async () => {
    const store = await itemStore();
    const internal = await insertOne(store, { name: "a" });
    const dropped = indexOf(items(store), "by_name");
    expect(await apply(store, schema({ items: {} }))).toEqual([
      "index items.by_name dropped",
      "index items.by_owner_rank dropped",
    ]);
    expect(items(store).indexes.map(({ name }) => name)).toEqual(["by_id", "by_creation_time"]);
    const snapshot = store.snapshot();
    expect(collect(snapshot, dropped)).toEqual([]);
    snapshot.release();
    await inTransaction(store, (transaction) => {
      transaction.remove(items(store), internal);
    });
    expect(names(store)).toEqual([]);
  });

  test("that change their fields or name are rebuilt with a new id", async () => {
    const store = await itemStore();
    await insertOne(store, { name: "a", owner: "z" });
    await insertOne(store, { name: "b", owner: "y" });
    const before = indexOf(items(store), "by_name").id;
    await apply(store, schema({ items: { indexes: { by_name: ["owner"], by_owner: ["owner", "name"] } } }));
    expect(indexOf(items(store), "by_name").id).not.toBe(before);
    expect(names(store, "by_name")).toEqual(["b", "a"]);
    expect(names(store, "by_owner")).toEqual(["b", "a"]);
  });

  test("that stay the same are not rebuilt, even when the store is opened again", async () => {
    const directory = temporaryDirectory();
    const first = await itemStore({ directory });
    await insertOne(first, { name: "a" });
    const table = items(first);
    await first.close();
    const second = await itemStore({ directory });
    expect(items(second)).toEqual(table);
    expect(
      await apply(
        second,
        schema({ items: { indexes: { by_name: ["name"], by_owner_rank: ["owner", "rank"] } } }),
      ),
    ).toEqual([]);
  });

  test("are filled across many batches", async () => {
    const store = await itemStore();
    await store.mutate((transaction) => {
      for (let i = 0; i < 1234; i++)
        insert(transaction, items(store), { name: `n${i}`, nested: { rank: -i } });
      return Promise.resolve();
    });
    await apply(store, schema({ items: { indexes: { by_rank: ["nested.rank"] } } }));
    const found = names(store, "by_rank");
    expect([found.length, found[0], found.at(-1)]).toEqual([1234, "n1233", "n0"]);
  });

  test.each<[string, SchemaJSON, string]>([
    [
      "a built-in name",
      schema({ items: { indexes: { by_id: ["name"] } } }),
      'In table "items" cannot name an index "by_id" because the name is reserved.',
    ],
    [
      "no fields",
      schema({ items: { indexes: { by_none: [] } } }),
      'In table "items" index "by_none" must have at least one field.',
    ],
    [
      "17 fields",
      schema({ items: { indexes: { by_all: many(17, "f") } } }),
      'In table "items": In index "by_all": Indexes may have up to 16 fields.',
    ],
    [
      "a field twice",
      schema({ items: { indexes: { by_a: ["a", "b", "a"] } } }),
      'In index "by_a": Duplicate field "a". Index fields must be unique within an index.',
    ],
    ["the id", schema({ items: { indexes: { by_a: ["a", "_id"] } } }), "`_id` is not a valid index field."],
    [
      "the creation time",
      schema({ items: { indexes: { by_a: ["a", "_creationTime"] } } }),
      "`_creationTime` is automatically added to the end of each index.",
    ],
    [
      "an invalid path",
      schema({ items: { indexes: { by_a: ["a b"] } } }),
      'In index "by_a": Invalid index field: "a b"',
    ],
    [
      "a reserved name",
      schema({ items: { indexes: { _by_a: ["a"] } } }),
      'cannot name an index "_by_a" because the name is reserved',
    ],
    [
      "a long name",
      schema({ items: { indexes: { ["a".repeat(65)]: ["a"] } } }),
      "Identifiers must be 64 characters or less",
    ],
    [
      "the fields of another index",
      schema({ items: { indexes: { by_a: ["a", "b"], also_by_a: ["a", "b"] } } }),
      'In table "items" index "by_a" and index "also_by_a" have the same fields.',
    ],
    [
      "64 other indexes",
      schema({ items: { indexes: Object.fromEntries(many(65, "f").map((f) => [f, [f]])) } }),
      'Table "items" cannot have more than 64 indexes.',
    ],
    ["an invalid table name", schema({ "my-items": {} }), 'Invalid table name: "my-items"'],
    [
      "a field that no document can have",
      schema({ items: { type: NAME_ONLY, indexes: { by_age: ["age"] } } }),
      'In table "items" the index "by_age" is invalid because it references the field "age" that does not exist.',
    ],
  ])("with %s are refused, and nothing changes", async (_name, next, message) => {
    const store = await itemStore();
    const before = items(store);
    await expect(apply(store, next)).rejects.toThrow(message);
    expect(items(store)).toEqual(before);
  });
});

describe("documents that break a new schema", () => {
  test("are listed, the first ten of them with their number, and the whole schema is refused", async () => {
    const store = await itemStore();
    for (let i = 0; i < 12; i++) await insertOne(store, { name: i });
    await insertOne(store, { name: "fine" });
    const before = items(store);
    const next = schema({ items: { type: NAME_ONLY, indexes: { by_x: ["name"] } }, others: {} });
    const refused = await apply(store, next).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(SchemaRefused);
    const { total, problems, message } = refused as SchemaRefused;
    expect([total, problems.length]).toEqual([12, 10]);
    expect(problems[0]).toMatchObject({
      component: "",
      table: "items",
      problem: expect.stringContaining("Path: .name") as string,
    });
    expect(message).toContain("12 documents do not match the schema, and nothing was changed. The first 10:");
    expect(message).toContain(
      `Document with ID "${problems[0]?.id ?? ""}" in table "items" does not match the schema:`,
    );
    expect(items(store)).toEqual(before);
    expect(store.catalog.table("", "others")).toBeNull();
    await insertOne(store, { name: "still works" });
    expect(names(store, "by_name")).toHaveLength(14);
  });

  test("are accepted with schemaValidation off, or once they match", async () => {
    const store = await itemStore();
    await insertOne(store, { name: "a" });
    await apply(store, schema({ items: { type: { type: "object", value: {} } } }, false));
    expect(items(store).documentType).toBeNull();
    expect(await apply(store, schema({ items: { type: NAME_ONLY } }))).toEqual(["items matches the schema"]);
    expect(items(store).documentType).toEqual(NAME_ONLY);
    // The same schema again reads no document.
    expect(await apply(store, schema({ items: { type: NAME_ONLY } }))).toEqual([]);
  });

  test("include those with ids of another table or component", async () => {
    const store = await itemStore();
    const user = await store.mutate(async (transaction) => {
      const users = transaction.createTable("", "users");
      const internal = insert(transaction, users, {});
      await Promise.resolve(transaction.createTable("child", "users"));
      return encodeId(users.number, internal);
    });
    await insertOne(store, { owner: user });
    const owned: ValidatorJSON = {
      type: "object",
      value: { owner: { fieldType: { type: "id", tableName: "users" }, optional: false } },
    };
    await apply(store, schema({ items: { type: owned } }));
    const other = store.catalog.table("child", "users")?.number ?? 0;
    await insertOne(store, { owner: encodeId(other, newInternalId()) });
    await apply(store, null);
    await expect(apply(store, schema({ items: { type: owned } }))).rejects.toThrow(
      'Validator: v.id("users")',
    );
  });

  test("of one component cause the schemas of all components to be refused", async () => {
    const store = await itemStore();
    await insertOne(store, { name: 1 });
    const all = store.applySchemas(
      [
        { component: "child", schema: schema({ notes: {} }) },
        { component: "", schema: schema({ items: { type: NAME_ONLY } }) },
      ],
      () => undefined,
    );
    await expect(all).rejects.toThrow("1 document does not match");
    expect(store.catalog.table("child", "notes")).toBeNull();
  });
});

describe("tables", () => {
  test("that a schema no longer declares keep their documents and lose their validator and indexes", async () => {
    const store = await itemStore();
    await insertOne(store, { name: "a" });
    await apply(store, schema({ others: {} }));
    expect(names(store)).toEqual(["a"]);
    expect(items(store).indexes).toHaveLength(2);
  });

  test("of components are separate, and system tables are not changed", async () => {
    const store = await itemStore();
    await inTransaction(store, (transaction) => transaction.createTable("", "_storage"));
    await apply(store, schema({ items: {} }), "child");
    expect(store.catalog.tables("").map(({ name }) => name)).toEqual(["_storage", "items"]);
    expect(store.catalog.tables("child").map(({ name }) => name)).toEqual(["items"]);
    expect(store.catalog.table("child", "items")?.number).not.toBe(items(store).number);
    await apply(store, null);
    expect(store.catalog.table("", "_storage")).not.toBeNull();
  });
});

test("mutations queued around a schema change run before or after it, not during it", async () => {
  const store = await itemStore();
  const before = insertOne(store, { name: "a", rank: 1 });
  const change = apply(store, schema({ items: { indexes: { by_rank: ["rank"] } } }));
  const after = insertOne(store, { name: "b", rank: 0 });
  await Promise.all([before, change, after]);
  expect(names(store, "by_rank")).toEqual(["b", "a"]);
});
