/** The table numbers of a snapshot. The ids of a table's documents begin with its number. */
import { decodeId } from "../values/ids";
import type { ComponentEntries } from "./entries";
import { parseObject } from "./documents";
import type { ZipReader } from "../backup/zipReader";

/** A table of a snapshot, with or without documents. */
export interface SnapshotTable {
  readonly component: string;
  readonly name: string;
  /** `null` if the snapshot does not determine it: the table has no document and is not listed. */
  readonly number: number | null;
}

/** The greatest valid number. Later tables get greater numbers, which must fit into 32 bits. Deployments start at 10,001. */
const MAX_TABLE_NUMBER = 0x7fff_ffff;

/** Returns the tables of a component by name, including `_storage` if the snapshot has files. @throws Error for invalid numbers. */
export async function tablesIn(zip: ZipReader, entries: ComponentEntries): Promise<SnapshotTable[]> {
  const { component, numbers, tables, storage } = entries;
  const found = new Map<string, number | null>();
  if (numbers !== undefined) {
    for await (const line of zip.lines(numbers)) {
      const { name, id } = parseObject(line, numbers.fileName);
      const valid =
        typeof name === "string" &&
        Number.isInteger(id) &&
        (id as number) > 0 &&
        (id as number) <= MAX_TABLE_NUMBER;
      if (!valid)
        throw new Error(`line ${line.number} of ${numbers.fileName} is not the name and number of a table`);
      if (found.has(name)) throw new Error(`${numbers.fileName} has ${name} twice`);
      if (!name.startsWith("_")) found.set(name, id as number);
    }
  }
  for (const [name, { documents }] of tables) {
    if (!found.has(name)) found.set(name, documents ? await numberOfFirst(zip, documents) : null);
  }
  const [anyFile] = storage.files.keys();
  if (storage.documents !== undefined || anyFile !== undefined) {
    const listed = storage.documents ? await numberOfFirst(zip, storage.documents) : null;
    found.set("_storage", listed ?? decodeId(anyFile ?? "")?.tableNumber ?? null);
  }
  refuseShared(found, numbers?.fileName ?? "it");
  return [...found].map(([name, number]) => ({ component, name, number }));
}

async function numberOfFirst(
  zip: ZipReader,
  entry: Parameters<ZipReader["lines"]>[0],
): Promise<number | null> {
  for await (const line of zip.lines(entry)) {
    return decodeId(String(parseObject(line, entry.fileName)["_id"]))?.tableNumber ?? null;
  }
  return null;
}

function refuseShared(numbers: ReadonlyMap<string, number | null>, where: string): void {
  const owners = new Map<number, string>();
  for (const [name, number] of numbers) {
    if (number === null) continue;
    const owner = owners.get(number);
    if (owner !== undefined)
      throw new Error(`${where} gives the number ${number} to ${owner} and to ${name}`);
    owners.set(number, name);
  }
}
