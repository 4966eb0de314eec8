/**
 * The vector indexes of a build's schemas.
 *
 * The vectors of an index are read at the first search, and held in memory from then on. Later searches read only the documents that
 * changed since, which the write log names. After the first search, the database also keeps the vectors beside the documents, so
 * that a later start need not parse them; see `store/vectorCache.ts`.
 */
import { setImmediate as turn } from "node:timers/promises";
import { jsonToConvex } from "convex/values";
import type { JSONValue, Value } from "convex/values";
import { filterTerm } from "../search/terms";
import { Vectors } from "../search/vectors";
import { creationIndex } from "../store/catalog";
import { valueAt } from "../store/indexKeys";
import type { ComponentSchema, Snapshot, Store, TableInfo, VectorIndexJSON } from "../store/types";
import type { IndexedVector, VectorCache } from "../store/vectorCache";
import { decodeId, encodeId } from "../values/ids";

/** The number of documents that are parsed between turns of the event loop. */
const BATCH = 25;

/** A vector index as a schema declares it. */
export interface VectorIndexInfo {
  readonly vectorField: string;
  readonly dimensions: number;
  /** Dotted paths, sorted. */
  readonly filterFields: readonly string[];
  /** True if queries cannot use it. */
  readonly staged: boolean;
}

/** The vectors of an index, as of a commit. */
interface Held {
  readonly table: number;
  readonly definition: string;
  /** Resolves when all documents are read. */
  readonly vectors: Promise<Vectors>;
  /** The number of the last commit that the vectors contain. */
  asOf: number;
}

export class VectorIndexes {
  readonly #indexes = new Map<string, VectorIndexInfo>();
  readonly #held: Map<string, Held>;

  /** @param previous Those of the last build of the same store. Vectors of unchanged indexes stay in memory. */
  constructor(
    private readonly store: Store,
    schemas: readonly ComponentSchema[],
    previous?: VectorIndexes,
  ) {
    for (const { component, schema } of schemas) this.declare(component, schema);
    this.#held = new Map(
      [...(previous === undefined ? [] : previous.#held)].filter(
        ([key, { definition }]) => definition === JSON.stringify(this.#indexes.get(key)),
      ),
    );
  }

  /** Adds the indexes of a component. */
  declare(component: string, schema: ComponentSchema["schema"]): void {
    for (const { tableName, vectorIndexes = [], stagedVectorIndexes = [] } of schema?.tables ?? []) {
      const add = (index: VectorIndexJSON, staged: boolean): void => {
        const { indexDescriptor, vectorField, dimensions } = index;
        const filterFields = [...new Set(index.filterFields)].sort();
        const info = { vectorField, dimensions, filterFields, staged };
        this.#indexes.set(keyOf(component, `${tableName}.${indexDescriptor}`), info);
      };
      for (const index of vectorIndexes) add(index, false);
      for (const index of stagedVectorIndexes) add(index, true);
    }
  }

  /** Returns an index, `null` if the schema does not declare it. @param name `items.by_meaning`. */
  index(component: string, name: string): VectorIndexInfo | null {
    return this.#indexes.get(keyOf(component, name)) ?? null;
  }

  /** Returns the vectors of an index, as of the call or later. @param name `items.by_meaning`. */
  async vectors(table: TableInfo, name: string, info: VectorIndexInfo): Promise<Vectors> {
    const key = keyOf(table.component, name);
    const definition = JSON.stringify(info);
    const held = this.#held.get(key);
    if (held?.table === table.id && held.definition === definition) {
      const vectors = await held.vectors.catch(() => null);
      if (vectors !== null && this.#update(held, vectors, table, info)) return vectors;
    }
    const asOf = this.store.writeLog.last;
    const next: Held = {
      table: table.id,
      definition,
      vectors: this.#load(table, key, info, definition),
      asOf,
    };
    this.#held.set(key, next);
    return await next.vectors;
  }

  /** Reads all vectors, as of the call or later. */
  async #load(table: TableInfo, key: string, info: VectorIndexInfo, definition: string): Promise<Vectors> {
    const { vectorCache: cache } = this.store;
    const vectors = await (cache?.exists()
      ? readCached(cache, table, key, info, definition)
      : this.#readAll(table, info));
    // The search does not wait. Searches work without the cache, for example while the disk is full.
    cache
      ?.fill(table, key, definition, (json) => vectorOf(JSON.parse(json) as object, info))
      .catch(() => undefined);
    return vectors;
  }

  async #readAll(table: TableInfo, info: VectorIndexInfo): Promise<Vectors> {
    const snapshot = this.store.snapshot();
    return await readAll(snapshot, table, info).finally(() => snapshot.release());
  }

  /** Reads the documents that changed. Returns false if they are unknown. */
  #update(held: Held, vectors: Vectors, table: TableInfo, info: VectorIndexInfo): boolean {
    const { writeLog } = this.store;
    const changed = writeLog.changedDocuments(table.id, held.asOf);
    if (changed === null) return false;
    const snapshot = this.store.snapshot();
    try {
      for (const id of changed) {
        const decoded = decodeId(id);
        if (decoded?.tableNumber !== table.number) continue;
        const json = snapshot.get(table, decoded.internal);
        if (json === null) vectors.remove(id);
        else put(vectors, json, info);
      }
      held.asOf = writeLog.last;
    } finally {
      snapshot.release();
    }
    return true;
  }
}

function keyOf(component: string, name: string): string {
  return `${component}:${name}`;
}

async function readAll(snapshot: Snapshot, table: TableInfo, info: VectorIndexInfo): Promise<Vectors> {
  const vectors = new Vectors(info.dimensions);
  const rows = snapshot.scan(creationIndex(table), { start: Buffer.alloc(0), end: Buffer.of(0xff) }, "asc");
  for (let count = 1, row = rows.next(); row !== null; count++, row = rows.next()) {
    put(vectors, row.json, info);
    if (count % BATCH === 0) await turn();
  }
  return vectors;
}

async function readCached(
  cache: VectorCache,
  table: TableInfo,
  key: string,
  info: VectorIndexInfo,
  definition: string,
): Promise<Vectors> {
  const vectors = new Vectors(info.dimensions);
  let documents = cache.next(table, key, definition, new Uint8Array());
  for (let last = documents.at(-1); last !== undefined; last = documents.at(-1)) {
    for (const document of documents) {
      const id = encodeId(table.number, document.internalId);
      if (document.json !== null) put(vectors, document.json, info);
      else if (document.vector !== null) vectors.set(id, document.vector, document.filters);
    }
    await turn();
    documents = cache.next(table, key, definition, last.internalId);
  }
  return vectors;
}

/** Adds or replaces a document. */
function put(vectors: Vectors, json: string, info: VectorIndexInfo): void {
  const document = JSON.parse(json) as { _id: string };
  const { vector, filters } = vectorOf(document, info);
  if (vector === null) vectors.remove(document._id);
  else vectors.set(document._id, vector, filters);
}

/** Returns the content of an index for a document. As on Convex, the vector must have the dimensions of the index. */
function vectorOf(
  document: object,
  { vectorField, filterFields, dimensions }: VectorIndexInfo,
): IndexedVector {
  const read = (path: string): Value | undefined => {
    const value = valueAt(document, path.split(".")) as JSONValue | undefined;
    return value === undefined ? undefined : jsonToConvex(value);
  };
  // Nearly all vectors are plain numbers, which need no conversion.
  const plain = valueAt(document, vectorField.split("."));
  const vector = isVector(plain, dimensions) ? plain : read(vectorField);
  if (!isVector(vector, dimensions)) return { vector: null, filters: [] };
  const filters = filterFields.map((path, field) => filterTerm(field, read(path)).toString("latin1"));
  return { vector, filters };
}

function isVector(value: unknown, dimensions: number): value is number[] {
  if (!Array.isArray(value) || value.length !== dimensions) return false;
  // A loop, because a first search checks millions of numbers.
  for (let i = 0; i < dimensions; i++) if (typeof value[i] !== "number") return false;
  return true;
}
