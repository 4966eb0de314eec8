/** The syscalls of `ctx.storage`. */
import { SyscallError } from "../exec/errors";
import type { Execution } from "../exec/execution";
import { STORAGE, STORED_BYTES } from "../store/system/systemTables";
import type { Reader, Transaction } from "../store/types";
import { decodeId } from "../values/ids";
import { Sha256Mismatch } from "../files/fileStorage";
import { isUuid } from "../files/filesDisk";
import type { StoredFile } from "../files/filesTable";
import { mimeOf } from "../files/mime";
import { sha256Of } from "../files/uploadHeaders";

interface FileArgs {
  readonly storageId: unknown;
}

/** The maximum bytes that a mutation may read or write of one file. Convex's limit applies to all files together. */
const MAX_BYTES_IN_MUTATION = 16 * 1024 * 1024;

/** `storage.getUrl`. @returns the URL as JSON, or `null`. */
export function storageGetUrl(execution: Execution, { storageId }: FileArgs): string {
  const { files } = execution.engine;
  const file = reading(execution, (reader) => find(execution, reader, "getUrl", storageId));
  return JSON.stringify(file && files.urlOf(file));
}

/** `storage.getMetadata`, which Convex has deprecated. */
export function storageGetMetadata(execution: Execution, { storageId }: FileArgs): string {
  const file = reading(execution, (reader) => find(execution, reader, "getMetadata", storageId));
  if (file === null) return "null";
  const { uuid, sha256, size, contentType } = file;
  const hex = Buffer.from(sha256, "base64").toString("hex");
  return JSON.stringify({ storageId: uuid, sha256: hex, size, contentType });
}

/** `storage.generateUploadUrl`. @returns the URL as JSON. */
export function storageGenerateUploadUrl(execution: Execution): string {
  const { engine, component, frozen, now } = execution;
  return JSON.stringify(engine.files.uploadUrl(component, frozen ? now : engine.clock()));
}

/** `storage.delete`. Uses the mutation's transaction, or a new one in an action. */
export async function storageDelete(execution: Execution, { storageId }: FileArgs): Promise<string> {
  const { engine, transaction, databaseQueue } = execution;
  const remove = (within: Transaction): string => {
    execution.assertRunning();
    const file = find(execution, within, "delete", storageId);
    if (file === null) throw new SyscallError(`storage id ${String(storageId)} not found`);
    engine.files.delete(within, file);
    return "null";
  };
  if (transaction !== null) return databaseQueue.run(() => remove(transaction));
  if (execution.frozen) throw new SyscallError("Stored files can only be deleted in mutations and actions.");
  return engine.store.mutate((own) => Promise.resolve(remove(own)));
}

/** `storage.store` in mutations. The file exists once the transaction commits. @returns the id as JSON. */
export async function storageStore(
  execution: Execution,
  args: { blob: string; contentType: string; sha256?: string },
): Promise<string> {
  const { engine, transaction, databaseQueue, component, now } = execution;
  if (transaction === null) throw new SyscallError("Files can only be stored in mutations and actions.");
  const bytes = Buffer.from(args.blob, "base64");
  checkSize("store", bytes.length);
  const upload = { component, contentType: contentTypeOf(args.contentType), sha256: expected(args.sha256) };
  const written = await refusing(() => engine.files.write(chunks(bytes), upload));
  try {
    return await databaseQueue.run(() => {
      execution.assertRunning();
      return JSON.stringify(engine.files.adopt(transaction, written, upload, now));
    });
  } catch (error) {
    await engine.files.discard(written);
    throw error;
  }
}

/** `storage.get` in mutations. @returns the bytes in base64 and the content type as JSON, or `null`. */
export async function storageGet(execution: Execution, { storageId }: FileArgs): Promise<string> {
  const { engine, transaction, databaseQueue } = execution;
  if (transaction === null) throw new SyscallError("Files can only be read in mutations and actions.");
  const found = await databaseQueue.run(() => {
    execution.assertRunning();
    const file = held(execution, find(execution, transaction, "get", storageId));
    if (file !== null) checkSize("get", file.size);
    return file && { file, blob: engine.files.blob(file) };
  });
  if (found === null) return "null";
  const bytes = Buffer.from(await (await found.blob).arrayBuffer());
  return JSON.stringify({ blob: bytes.toString("base64"), contentType: found.file.contentType });
}

/** `storage.store` in actions. The file is durable when the promise resolves. @returns the id. */
export async function storeBlob(
  execution: Execution,
  { blob, options }: { blob: unknown; options?: { sha256?: string } },
): Promise<string> {
  const { engine, component } = execution;
  if (!(blob instanceof Blob)) {
    throw new SyscallError(
      "store() expects a Blob. If you are trying to store a Request, `await request.blob()` will give you the " +
        "correct input.",
    );
  }
  const upload = { component, contentType: contentTypeOf(blob.type), sha256: expected(options?.sha256) };
  return refusing(() => engine.files.save(blob.stream(), upload, () => execution.assertRunning()));
}

/** `storage.get` in actions. @returns a blob that reads the file lazily, or `null`. */
export async function getBlob(execution: Execution, { storageId }: FileArgs): Promise<Blob | null> {
  const { files } = execution.engine;
  if (typeof storageId !== "string") {
    throw new SyscallError(`storage.get requires a string storageId but received ${String(storageId)}`);
  }
  const file = files.committed((reader) =>
    held(execution, find(execution, reader, "getMetadata", storageId)),
  );
  return file && files.blob(file);
}

function reading<T>({ reader, engine, component, readSet }: Execution, work: (reader: Reader) => T): T {
  const { catalog } = engine.store;
  // A table that does not exist yet needs no entry: its creation counts as a change of everything.
  for (const table of [catalog.table(component, STORAGE), catalog.table("", STORED_BYTES)]) {
    if (table !== null) readSet?.table(table.id);
  }
  return reader === null ? engine.files.committed(work) : work(reader);
}

/** Keeps the file's bytes until the function ends, even if the file is deleted meanwhile. */
function held(execution: Execution, file: StoredFile | null): StoredFile | null {
  if (file !== null) execution.onEnd.push(execution.engine.files.hold(file));
  return file;
}

/**
 * Finds a file by its id, or by the UUID that served as the id before `convex` 1.6. Returns `null` if it does not exist.
 *
 * @throws SyscallError with Convex's message if the text is neither an id nor a UUID.
 */
function find(execution: Execution, reader: Reader, method: string, id: unknown): StoredFile | null {
  const { engine, component } = execution;
  const { files } = engine;
  const text = String(id);
  if (decodeId(text) === null) {
    const uuid = text.toLowerCase();
    if (!isUuid(uuid)) {
      throw new SyscallError(
        `Invalid argument \`storageId\` for \`storage.${method}\`: Invalid storage ID: "${text}". Storage ID should be ` +
          "an Id of '_storage' table, or a UUID string.",
      );
    }
    const file = files.byUuid(reader, uuid);
    return file?.component === component ? file : null;
  }
  if (!files.isFileId(component, text)) {
    throw new SyscallError(
      "Invalid storage ID. Storage ID cannot be an ID on any table other than '_storage'.",
    );
  }
  return files.byId(reader, component, text);
}

function contentTypeOf(type: string): string | null {
  if (type === "") return null;
  const stored = mimeOf(type);
  if (stored === null) throw new SyscallError(`"${type}" is not a content type that Convex stores.`);
  return stored;
}

function expected(sha256: string | undefined): Buffer | undefined {
  if (sha256 === undefined) return undefined;
  const digest = sha256Of(sha256);
  if (digest === null) {
    throw new SyscallError(`The \`sha256\` of a file must be 32 bytes in base64, not "${sha256}".`);
  }
  return digest;
}

function checkSize(method: "get" | "store", size: number): void {
  if (size <= MAX_BYTES_IN_MUTATION) return;
  throw new SyscallError(
    `ctx.storage.${method}() of ${size} bytes: mutations read and write up to ${MAX_BYTES_IN_MUTATION} bytes of files. ` +
      "Use an action.",
  );
}

/** Converts a checksum mismatch to an error that the function can catch. */
async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Sha256Mismatch ? new SyscallError(error.message) : error;
  }
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield await Promise.resolve(bytes);
}
