/** Imports the stored files of a snapshot with their bytes, ids and URLs. */
import { createHash } from "node:crypto";
import type { Entry } from "yauzl";
import type { FileDisk } from "../files/filesDisk";
import type { StoredFile } from "../files/filesTable";
import { fileById, fileByUuid, insertKnownFile } from "../files/filesTable";
import type { StoreTransaction } from "../store/transaction";
import type { Catalog } from "../store/types";
import { decodeId } from "../values/ids";
import type { ComponentEntries } from "./entries";
import type { Metadata } from "./fileMetadata";
import { readMetadata, UNKNOWN } from "./fileMetadata";
import type { ZipReader } from "../backup/zipReader";

const FILES_PER_LINE = 1000;

export interface FilesImport {
  readonly zip: ZipReader;
  readonly entries: ComponentEntries;
  readonly transaction: StoreTransaction;
  readonly catalog: () => Catalog;
  readonly disk: FileDisk;
  /** Files whose documents are replaced, by UUID. Their bytes still exist. */
  readonly replaced: ReadonlyMap<string, StoredFile>;
  /** Collects the UUID of each file whose bytes were written. */
  readonly written: Set<string>;
  readonly now: number;
  readonly progress: (line: string) => void;
}

/** Imports all files. @returns the number of files. @throws Error that names the invalid file. */
export async function importFiles(work: FilesImport): Promise<number> {
  const { zip, entries, progress } = work;
  const { files, documents } = entries.storage;
  const metadata = documents ? await readMetadata(zip, documents) : new Map<string, Metadata>();
  for (const id of metadata.keys()) {
    if (!files.has(id)) throw new Error(`the bytes of the stored file ${id} are missing from it`);
  }
  let count = 0;
  for (const [id, entry] of files) {
    await importFile(work, id, entry, metadata.get(id) ?? UNKNOWN);
    count++;
    if (count % FILES_PER_LINE === 0) progress(`${count} of ${files.size} stored files so far`);
  }
  return count;
}

async function importFile(work: FilesImport, id: string, entry: Entry, metadata: Metadata): Promise<void> {
  const { transaction, entries, catalog, disk } = work;
  const table = catalog().table(entries.component, "_storage");
  const number = decodeId(id)?.tableNumber;
  if (table === null || number !== table.number)
    throw new Error(`${entry.fileName} in it is named ${id}, which is not the id of a stored file`);
  if (fileById(transaction, catalog(), entries.component, id) !== null)
    throw new Error(`${entry.fileName} in it has the id of a stored file that already exists`);
  const { uuid, size, sha256 } = await bytesOf(work, entry, metadata);
  try {
    insertKnownFile(transaction, catalog(), {
      _id: id,
      _creationTime: metadata.creationTime ?? work.now,
      component: entries.component,
      uuid,
      size,
      sha256,
      contentType: metadata.contentType,
    });
  } finally {
    await disk.release(uuid);
  }
}

type Bytes = Pick<StoredFile, "uuid" | "size" | "sha256">;

/** Writes the bytes of a file unless they already exist. The bytes are held afterwards. */
async function bytesOf(work: FilesImport, entry: Entry, metadata: Metadata): Promise<Bytes> {
  const { zip, disk, transaction, catalog, replaced, written } = work;
  const { uuid } = metadata;
  if (uuid !== null) {
    const owner = fileByUuid(transaction, catalog(), uuid);
    if (owner !== null)
      throw new Error(`${entry.fileName} in it has the internalId of the stored file ${owner._id}`);
    const old = replaced.get(uuid);
    if (old !== undefined) {
      // The existing bytes must stay until the transaction commits, so the new bytes must be identical.
      const same = await digestOf(zip.bytes(entry));
      check(entry, metadata, same);
      check(entry, { ...UNKNOWN, sha256: old.sha256 }, same);
      disk.hold(uuid);
      return old;
    }
  }
  const made = await disk.write(zip.bytes(entry), (file) => check(entry, metadata, file), uuid ?? undefined);
  written.add(made.uuid);
  return { ...made, sha256: made.sha256.toString("base64") };
}

async function digestOf(bytes: AsyncIterable<Buffer>): Promise<{ size: number; sha256: Buffer }> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of bytes) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { size, sha256: hash.digest() };
}

function check(entry: Entry, metadata: Metadata, { size, sha256 }: { size: number; sha256: Buffer }): void {
  const expected = metadata.sha256 ?? sha256.toString("base64");
  if ((metadata.size ?? size) !== size || expected !== sha256.toString("base64"))
    throw new Error(`${entry.fileName} in it is not the file that its document describes`);
}
