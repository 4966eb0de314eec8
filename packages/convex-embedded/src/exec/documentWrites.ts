/** The syscalls that write documents. */
import type { JSONValue, Value } from "convex/values";
import { jsonToConvex } from "convex/values";
import { isTableName } from "../store/definitions";
import type { ExistingDocument, StoredDocument, TableInfo, Transaction } from "../store/types";
import { checkDocument, measure } from "../values/documents";
import { describeValue } from "../values/describe";
import { encodeId, newInternalId } from "../values/ids";
import { SyscallError } from "./errors";
import type { Execution } from "./execution";
import type { DocumentAddress } from "./documentAddress";
import { resolveId, ComponentIds } from "./documentAddress";

export type Fields = Record<string, Value | undefined>;

/** `db.insert`. @returns `{"_id":"…"}`. */
export function insert(execution: Execution, args: { table: string; value: JSONValue }): string {
  return `{"_id":"${insertFields(execution, args.table, fieldsOf(args.value, "db.insert"))}"}`;
}

/** Inserts a document. @param fields The store keeps this object: pass a copy. @returns the document's id. */
export function insertFields(execution: Execution, tableName: string, fields: Fields): string {
  const transaction = transactionOf(execution);
  checkTableName(tableName);
  const table =
    transaction.catalog.table(execution.component, tableName) ??
    transaction.createTable(execution.component, tableName);
  const internal = newInternalId();
  const _id = encodeId(table.number, internal);
  const _creationTime = execution.engine.creationTimes.next(execution.now);
  checkSystemFields(fields, { _id, _creationTime });
  const document = { ...fields, _id, _creationTime };
  execution.usage.countWrite(check(execution, table, document));
  transaction.insert(table, internal, document);
  return _id;
}

/** The arguments that identify the document of a write. */
interface WriteTarget {
  readonly id: unknown;
  readonly table?: unknown;
}

/** `db.replace`: replaces all fields. Id and creation time stay the same. */
export function replace(execution: Execution, args: WriteTarget & { value: JSONValue }): string {
  return replaceFields(execution, args, () => fieldsOf(args.value, "db.replace"));
}

/** @param read Returns the new fields. The store keeps that object. */
export function replaceFields(execution: Execution, target: WriteTarget, read: () => Fields): string {
  const transaction = transactionOf(execution);
  const { address, before } = existing(execution, "replace", target);
  return write(execution, transaction, address, before, read());
}

/** `db.patch`: changes some fields. A value of `undefined` removes the field. */
export function shallowMerge(execution: Execution, args: WriteTarget & { value: JSONValue }): string {
  return mergeFields(execution, args, () => patchOf(args.value));
}

/** @param read Returns the changed fields. The store keeps that object. */
export function mergeFields(execution: Execution, target: WriteTarget, read: () => Fields): string {
  const transaction = transactionOf(execution);
  const { address, before } = existing(execution, "patch", target);
  const changes = read();
  return write(execution, transaction, address, before, { ...before.document, ...changes });
}

/** `db.delete`. */
export function remove(execution: Execution, args: WriteTarget): string {
  const transaction = transactionOf(execution);
  const { address, before } = existing(execution, "delete", args);
  execution.usage.countWrite(0);
  transaction.remove(address.table, address.internal, before);
  return "null";
}

function transactionOf(execution: Execution): Transaction {
  if (execution.transaction === null) {
    throw new SyscallError(
      "The database can only be written in mutations. Use `ctx.runMutation` from an action.",
    );
  }
  return execution.transaction;
}

const VERBS = { patch: "Update", replace: "Replace", delete: "Delete" } as const;

function existing(
  execution: Execution,
  operation: "patch" | "replace" | "delete",
  args: WriteTarget,
): { address: DocumentAddress; before: ExistingDocument } {
  const address = resolveId(execution, `db.${operation}`, args.id, args.table);
  const before = address && transactionOf(execution).find(address.table, address.internal);
  if (address === null || before === null) {
    throw new SyscallError(`${VERBS[operation]} on nonexistent document ID ${String(args.id)}`);
  }
  execution.usage.countRange(String(args.id));
  execution.usage.countDocument(before.json);
  return { address, before };
}

function write(
  execution: Execution,
  transaction: Transaction,
  { table, internal }: DocumentAddress,
  before: ExistingDocument,
  fields: Fields,
): string {
  const { _id, _creationTime } = before.document;
  checkSystemFields(fields, before.document);
  const next = { ...fields, _id, _creationTime };
  execution.usage.countWrite(check(execution, table, next));
  transaction.replace(table, internal, next, before);
  return "null";
}

/** Checks system fields that the function has given: a document's own values are accepted. */
function checkSystemFields(
  fields: Fields,
  { _id, _creationTime }: Pick<StoredDocument, "_id" | "_creationTime">,
): void {
  const { _id: id, _creationTime: time } = fields;
  if (id !== undefined && id !== _id) {
    throw new SyscallError(
      `Provided document ID ${describeValue(_id)} doesn't match '_id' field ${describeValue(id)}`,
    );
  }
  if (time !== undefined && time !== _creationTime) {
    throw new SyscallError(
      `Provided creation time CreationTime(${describeValue(_creationTime)}) doesn't match '_creationTime' field in ` +
        describeValue({ ...fields, _id }),
    );
  }
}

/** Checks a document before it is written. Returns its bytes. @throws SyscallError with Convex's message. */
function check(execution: Execution, table: TableInfo, document: StoredDocument): number {
  const measured = measure(document);
  if (typeof measured === "string") throw new SyscallError(measured);
  const problem = checkDocument(table, document, new ComponentIds(execution.engine, execution.component));
  if (problem !== null) throw new SyscallError(problem);
  return measured;
}

function fieldsOf(json: JSONValue, operation: string): Fields {
  const value = convexOf(json, operation);
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof ArrayBuffer) {
    throw new SyscallError(`Invalid argument \`value\` for \`${operation}\`: Value must be an Object`);
  }
  return value as Fields;
}

/** A patch writes the removal of a field as `{"$undefined":null}`, which is not a Convex value. */
function patchOf(json: JSONValue): Fields {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return fieldsOf(json, "db.patch");
  const removed: string[] = [];
  const kept: Record<string, JSONValue> = {};
  for (const [field, value] of Object.entries(json)) {
    if (typeof value === "object" && value !== null && "$undefined" in value) removed.push(field);
    else kept[field] = value;
  }
  const changes = fieldsOf(kept, "db.patch");
  for (const field of removed) changes[field] = undefined;
  return changes;
}

function convexOf(json: JSONValue, operation: string): Value {
  try {
    return jsonToConvex(json);
  } catch (error) {
    throw new SyscallError(`Invalid argument \`value\` for \`${operation}\`: ${(error as Error).message}`);
  }
}

/** The rule of Convex's `TableName`. */
function checkTableName(name: string): void {
  if (isTableName(name)) return;
  throw new SyscallError(
    `Invalid argument \`table\` for \`db.insert\`: Invalid table name: '${name}' must start with a letter, consist of ` +
      "letters, digits and underscores, and be at most 64 characters long",
  );
}
