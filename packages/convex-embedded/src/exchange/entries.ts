/**
 * Classifies the entries of a snapshot by their names.
 *
 * `_tables/documents.jsonl` holds the number of each table. `TABLE/documents.jsonl` holds the documents of a table, with
 * `TABLE/generated_schema.jsonl` beside it. `_storage/documents.jsonl` holds the metadata of stored files, and `_storage/ID.png` the
 * bytes of one file. The entries of a component have the prefix `_components/NAME/`, which is repeated for nested components. Folders
 * around the whole snapshot are ignored. Source: `crates/application/src/snapshot_import/parse.rs` in get-convex/convex-backend.
 */
import type { Entry } from "yauzl";
import { isTableName } from "../store/definitions";

const JSONL = /^(.*\/)?([^/]+)\/(documents|generated_schema)\.jsonl$/;
const STORED_FILE = /^(.*\/)?_storage\/([^/.]+)(?:\.[^/]+)?$/;
const COMPONENT = /(?:^|\/)((?:_components\/[^/]+\/)*)$/;
const COMPONENT_NAME = /^[a-zA-Z0-9_]+$/;

/** The entries of one component. */
export interface ComponentEntries {
  /** The component's path, `""` for the app. */
  readonly component: string;
  /** `_tables/documents.jsonl`. */
  numbers?: Entry;
  /** Entries by table name. */
  readonly tables: Map<string, TableEntries>;
  readonly storage: {
    documents?: Entry;
    /** Entries by file id. */
    readonly files: Map<string, Entry>;
  };
}

export interface TableEntries {
  documents?: Entry;
  generatedSchema?: Entry;
}

export interface SnapshotEntries {
  readonly components: readonly ComponentEntries[];
  /** Names of entries that are not part of a snapshot. */
  readonly ignored: readonly string[];
}

/** Sorts the entries by component and kind. @throws Error if they are not a snapshot's entries, or contradict each other. */
export function sortEntries(entries: readonly Entry[]): SnapshotEntries {
  const components = new Map<string, ComponentEntries>();
  const ignored: string[] = [];
  for (const entry of entries) {
    if (!place(entry, (prefix) => componentEntries(components, prefix, entry))) ignored.push(entry.fileName);
  }
  if (components.size === 0) throw new Error("it holds no documents in the format of `npx convex export`");
  return { components: [...components.values()], ignored: ignored.filter((name) => !isExpected(name)) };
}

/** Adds an entry to its component. @returns false if the entry is not part of a snapshot. */
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
  // Convex also ignores other system tables.
  if (table.startsWith("_")) return false;
  if (!isTableName(table)) throw new Error(`it contains ${entry.fileName}, which is not a valid table name`);
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
    throw new Error(`it contains ${entry.fileName}, which is not a valid component name`);
  const component = names.join("/");
  const found = components.get(component) ?? { component, tables: new Map(), storage: { files: new Map() } };
  components.set(component, found);
  return found;
}

function twice(entry: Entry): Error {
  return new Error(`it contains ${entry.fileName} and another entry for the same item`);
}

function isExpected(name: string): boolean {
  return name.endsWith("/") || /(?:^|\/)README\.md$/.test(name);
}

/** Returns the name prefix of a component's entries. */
export function prefixOf(component: string): string {
  return component === ""
    ? ""
    : component
        .split("/")
        .map((name) => `_components/${name}/`)
        .join("");
}
