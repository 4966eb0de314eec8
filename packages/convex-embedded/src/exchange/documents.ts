/** Reads the documents of a table in a snapshot. */
import type { JSONValue, Value } from "convex/values";
import type { TableEntries } from "./entries";
import type { Hint, Shape } from "./shapes";
import { fromShaped, parseShape, UNKNOWN } from "./shapes";
import { fromLine } from "./values";
import type { Line, ZipReader } from "../backup/zipReader";

/** The first line of `generated_schema.jsonl` for documents in the format of `values.ts`. */
export const UNIFORM = "uniform";

/** A parsed but unchecked document. */
export interface ReadDocument {
  /** Its position: `line 3 of items/documents.jsonl`. */
  readonly place: string;
  readonly fields: Record<string, Value>;
}

/** Yields the documents of a table. @throws Error that names the invalid line. */
export async function* readDocuments(zip: ZipReader, table: TableEntries): AsyncGenerator<ReadDocument> {
  const { documents: entry } = table;
  if (entry === undefined) return;
  const decode = await decoderOf(zip, table);
  for await (const line of zip.lines(entry)) {
    const place = `line ${line.number} of ${entry.fileName}`;
    const value = at(place, () => decode(line.text));
    if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof ArrayBuffer)
      throw new Error(`${place} is not an object`);
    yield { place, fields: value as Record<string, Value> };
  }
}

/** Parses a line of a system table, which must be an object. */
export function parseObject(line: Line, fileName: string): Record<string, unknown> {
  const place = `line ${line.number} of ${fileName}`;
  const json = at(place, () => JSON.parse(line.text) as unknown);
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new Error(`${place} is not an object`);
  return json as Record<string, unknown>;
}

async function decoderOf(
  zip: ZipReader,
  { generatedSchema }: TableEntries,
): Promise<(line: string) => Value> {
  let shape: Shape = UNKNOWN;
  const hints = new Map<string, Hint>();
  if (generatedSchema !== undefined) {
    for await (const line of zip.lines(generatedSchema)) {
      const place = `line ${line.number} of ${generatedSchema.fileName}`;
      if (line.number > 1) {
        for (const [id, hint] of Object.entries(parseObject(line, generatedSchema.fileName)))
          hints.set(id, hint as Hint);
        continue;
      }
      const text = at(place, () => JSON.parse(line.text) as unknown);
      if (text === UNIFORM) return fromLine;
      shape = at(place, () => parseShape(String(text)));
    }
  }
  return (line) => {
    const json = JSON.parse(line) as JSONValue;
    const id = typeof json === "object" && json !== null && !Array.isArray(json) ? json["_id"] : null;
    return fromShaped(json, shape, typeof id === "string" ? hints.get(id) : undefined);
  };
}

function at<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`${place} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
