import { join } from "node:path";
import { expect, test } from "vitest";
import { encodeId } from "../values/ids";
import { inTransaction, insertOne, items, itemStore, temporaryDirectory } from "./storeForTests";
import { Connection } from "./sqlite";
import type { CachedDocument, IndexedVector } from "./vectorCache";

const INDEX = ":items.by_vector";

/** The vector of an item has the code of each character of its name. Names that begin with `-` have none. */
function vectorOf(json: string): IndexedVector {
  const { name } = JSON.parse(json) as { name: string };
  if (name.startsWith("-")) return { vector: null, filters: [] };
  return {
    vector: Array.from(name, (character) => character.charCodeAt(0) / 3),
    filters: [`term of ${name}`],
  };
}

async function start(directory = temporaryDirectory()) {
  const store = await itemStore({ directory });
  const cache = store.vectorCache;
  if (cache === undefined) throw new Error("A store on a disk has a cache");
  let parsed: string[] = [];
  const fill = async (definition = "one") => {
    parsed = [];
    await cache.fill(items(store), INDEX, definition, (json) => {
      parsed.push((JSON.parse(json) as { name: string }).name);
      return vectorOf(json);
    });
    return parsed.toSorted();
  };
  const all = (definition = "one") => {
    const found: CachedDocument[] = [];
    let after: Uint8Array | undefined = new Uint8Array();
    while (after !== undefined) {
      const documents: CachedDocument[] = cache.next(items(store), INDEX, definition, after);
      found.push(...documents);
      after = documents.at(-1)?.internalId;
    }
    return found;
  };
  return { store, directory, fill, all };
}

test("a document is parsed once, and its float32 values and terms are read", async () => {
  const { store, fill, all } = await start();
  for (const name of ["a", "bc", "-"]) await insertOne(store, { name });
  expect(await fill()).toEqual(["-", "a", "bc"]);
  expect(await fill()).toEqual([]);
  await insertOne(store, { name: "later" });
  expect(all().filter(({ json }) => json !== null)).toHaveLength(1);
  expect(await fill()).toEqual(["later"]);
  const found = all().map((document) =>
    document.json === null ? [document.vector, document.filters] : null,
  );
  expect(found).toHaveLength(4);
  expect(found).toContainEqual([Float32Array.of(98 / 3, 99 / 3), ["term of bc"]]);
  expect(found).toContainEqual([null, []]);
  await store.close();
});

test("many documents are added and read in order", async () => {
  const { store, fill, all } = await start();
  const names = Array.from({ length: 450 }, (_, i) => `name ${i}`);
  for (const name of names) await insertOne(store, { name });
  expect(await fill()).toEqual(names.toSorted());
  expect(all().map(({ json }) => json)).toEqual(Array<null>(450).fill(null));
  await store.close();
});

test("a changed document is parsed again, a deleted one is not found, and an index that is declared anew starts again", async () => {
  const { store, fill, all, directory } = await start();
  const [changed, removed] = [await insertOne(store, { name: "a" }), await insertOne(store, { name: "b" })];
  await fill();
  const table = items(store);
  await inTransaction(store, (transaction) => {
    const _id = encodeId(table.number, changed);
    transaction.replace(table, changed, { _id, _creationTime: 1, name: "z" });
    transaction.remove(table, removed);
  });
  expect(await fill()).toEqual(["z"]);
  expect(all()).toMatchObject([{ vector: Float32Array.of(122 / 3) }]);
  expect(await fill("another definition")).toEqual(["z"]);
  await store.close();
  const db = new Connection(join(directory, "data.sqlite"));
  expect(db.prepare("SELECT count(*) FROM vector_cache").pluck().get()).toBe(1);
  // A program that does not know the table deletes its rows too.
  db.exec("UPDATE documents SET json = json");
  expect(db.prepare("SELECT count(*) FROM vector_cache").pluck().get()).toBe(0);
  db.close();
});
