/**
 * What the entries of a snapshot are, by their names.
 *
 * `_tables/documents.jsonl` has the number of each table, `TABLE/documents.jsonl` its documents, with
 * `TABLE/generated_schema.jsonl` beside it; `_storage/documents.jsonl` has what is known of the stored files and
 * `_storage/ID.png` the bytes of one. The same lies below `_components/NAME/` for a component, and below that for its
 * own. Folders around all of it count for nothing. Source: `crates/application/src/snapshot_import/parse.rs` in
 * get-convex/convex-backend.
 */
import type { Entry } from "yauzl";

const JSONL = /^(.*\/)?([^/]+)\/(documents|generated_schema)\.jsonl$/;
const STORED_FILE = /^(.*\/)?_storage\/([^/.]+)(?:\.[^/]+)?$/;
const COMPONENT = /(?:^|\/)((?:_components\/[^/]+\/)*)$/;
const COMPONENT_NAME = /^[a-zA-Z0-9_]+$/;
const TABLE_NAME = /^[a-zA-Z][a-zA-Z0-9_]{0,63}$/;

/** The entries of one component. */
export interface ComponentEntries {
  /** The path, `""` for the app. */
  readonly component: string;
  /** `_tables/documents.jsonl`. */
  numbers?: Entry;
  /** By name of the table. */
  readonly tables: Map<string, TableEntries>;
  readonly storage: {
    documents?: Entry;
    /** By id. */
    readonly files: Map<string, Entry>;
  };
}

export interface TableEntries {
  documents?: Entry;
  generatedSchema?: Entry;
}

export interface SnapshotEntries {
  readonly components: readonly ComponentEntries[];
  /** Names of entries that are no part of a snapshot. */
  readonly ignored: readonly string[];
}

/** @throws Error if they are not those of a snapshot, or contradict each other. */
export function sortEntries(entries: readonly Entry[]): SnapshotEntries {
  const components = new Map<string, ComponentEntries>();
  const ignored: string[] = [];
  for (const entry of entries) {
    if (!place(entry, (prefix) => componentEntries(components, prefix, entry))) ignored.push(entry.fileName);
  }
  if (components.size === 0) throw new Error("it holds no documents as `npx convex export` writes them");
  return { components: [...components.values()], ignored: ignored.filter((name) => !isExpected(name)) };
}

/** @returns false if there is no place for it. */
function place(entry: Entry, componentAt: (prefix: string | undefined) => ComponentEntries): boolean {
  const [, prefix, table = "", kind] = JSONL.exec(entry.fileName) ?? [];
  if (kind === undefined) {
    const [, around, id] = STORED_FILE.exec(entry.fileName) ?? [];
    if (id === undefined) return false;
    const { files } = componentAt(around).storage;
    if (files.has(id)) throw twice(entry);
    files.set(id, entry);
    return true;
  }
  if (table === "_tables" || table === "_storage") {
    if (kind !== "documents") return false;
    const of = componentAt(prefix);
    if ((table === "_tables" ? of.numbers : of.storage.documents) !== undefined) throw twice(entry);
    if (table === "_tables") of.numbers = entry;
    else of.storage.documents = entry;
    return true;
  }
  // Convex passes over other system tables, too.
  if (table.startsWith("_")) return false;
  if (!TABLE_NAME.test(table)) throw new Error(`it contains ${entry.fileName}, and no table has such a name`);
  const { tables } = componentAt(prefix);
  const own = tables.get(table) ?? {};
  const part = kind === "documents" ? "documents" : "generatedSchema";
  if (own[part] !== undefined) throw twice(entry);
  tables.set(table, { ...own, [part]: entry });
  return true;
}

function componentEntries(
  components: Map<string, ComponentEntries>,
  prefix: string | undefined,
  entry: Entry,
): ComponentEntries {
  const names = (COMPONENT.exec(prefix ?? "")?.[1] ?? "").split("/").filter((_, i) => i % 2 === 1);
  if (!names.every((name) => COMPONENT_NAME.test(name)))
    throw new Error(`it contains ${entry.fileName}, and no component has such a name`);
  const component = names.join("/");
  const found = components.get(component) ?? { component, tables: new Map(), storage: { files: new Map() } };
  components.set(component, found);
  return found;
}

function twice(entry: Entry): Error {
  return new Error(`it contains ${entry.fileName}, and another entry for the same`);
}

function isExpected(name: string): boolean {
  return name.endsWith("/") || /(?:^|\/)README\.md$/.test(name);
}

/** Where the entries of a component begin. */
export function prefixOf(component: string): string {
  return component === ""
    ? ""
    : component
        .split("/")
        .map((name) => `_components/${name}/`)
        .join("");
}
