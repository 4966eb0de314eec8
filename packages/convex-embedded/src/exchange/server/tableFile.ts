/** Converts a file of one table, as `npx convex import --table` accepts it, to an archive in the snapshot format. */
import { randomBytes } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { JSONValue } from "convex/values";
import { convexToJson, jsonToConvex } from "convex/values";
import { decodeId, encodeId } from "../../values/ids";
import { UNIFORM } from "../documents";
import { prefixOf } from "../entries";
import { toLine } from "../values";
import { parseCsv } from "./csv";

export type TableFormat = "csv" | "jsonLines" | "jsonArray";

export interface TableFile {
  readonly file: string;
  readonly format: TableFormat;
  readonly table: string;
  /** The number of the table, for the ids of documents without one. If the first document has an id, its number is used. */
  readonly number: number;
  /** Returns the creation time of the next document without one. */
  readonly nextCreationTime: () => number;
}

/** As on Convex: such a file is parsed as a whole. */
const MAX_ARRAY_BYTES = 8 * 1024 * 1024;

/** Writes the archive. @throws Error that names the line of an invalid document. */
export async function archiveOfTable(source: TableFile, archive: string): Promise<void> {
  const { ZipFile } = await import("yazl");
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  zip.on("error", (error: Error) => output.destroy(error));
  const folder = `${prefixOf("")}${source.table}`;
  zip.addReadStreamLazy(`${folder}/documents.jsonl`, { compress: false }, (open) => {
    open(
      null,
      Readable.from(lines(source), { objectMode: false }).on("error", (error) => output.destroy(error)),
    );
  });
  zip.addBuffer(Buffer.from(`${JSON.stringify(UNIFORM)}\n`), `${folder}/generated_schema.jsonl`);
  zip.end();
  await pipeline(output, createWriteStream(archive, { flags: "wx", mode: 0o600 }));
}

async function* lines({ file, format, number, nextCreationTime }: TableFile): AsyncGenerator<string> {
  let own: number | null = null;
  for await (const { place, fields } of documents(file, format)) {
    const { _id, _creationTime, ...rest } = fields;
    own ??= (typeof _id === "string" ? decodeId(_id)?.tableNumber : undefined) ?? number;
    const complete = {
      ...rest,
      _id: _id ?? encodeId(own, randomBytes(16)),
      _creationTime: _creationTime ?? nextCreationTime(),
    };
    try {
      yield `${toLine(JSON.stringify(convexToJson(jsonToConvex(complete))))}\n`;
    } catch (error) {
      throw new Error(`${place}: ${(error as Error).message}`, { cause: error });
    }
  }
}

interface Parsed {
  /** `line 3`. */
  readonly place: string;
  readonly fields: Record<string, JSONValue>;
}

async function* documents(file: string, format: TableFormat): AsyncGenerator<Parsed> {
  switch (format) {
    case "csv":
      yield* rowsOf(file);
      break;
    case "jsonLines": {
      let number = 0;
      for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
        number++;
        if (line.trim() !== "") yield parsed(line, `line ${number}`);
      }
      break;
    }
    case "jsonArray": {
      if ((await stat(file)).size > MAX_ARRAY_BYTES)
        throw new Error(`a JSON array may have at most ${MAX_ARRAY_BYTES} bytes. Use the format jsonLines`);
      const array = JSON.parse(await readFile(file, "utf8")) as JSONValue;
      if (!Array.isArray(array)) throw new Error("the file is not a JSON array");
      for (const [at, element] of array.entries()) yield checked(element, `element ${at + 1}`);
    }
  }
}

/** Yields the rows of a CSV file. As on Convex, a cell that looks like a number is one; every other cell is text. */
async function* rowsOf(file: string): AsyncGenerator<Parsed> {
  let names: readonly string[] | null = null;
  let number = 0;
  for await (const cells of parseCsv(createReadStream(file, "utf8") as AsyncIterable<string>)) {
    number++;
    if (names === null) {
      names = cells.map((cell) => cell.trim());
      continue;
    }
    const place = `row ${number}`;
    if (cells.length !== names.length)
      throw new Error(`${place} has ${cells.length} cells, and the header has ${names.length}`);
    const fields = names.map((name, at): [string, JSONValue] => [name, cellValue(cells[at] ?? "")]);
    yield { place, fields: Object.fromEntries(fields) };
  }
}

function cellValue(cell: string): JSONValue {
  return /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(cell) ? Number(cell) : cell;
}

function parsed(text: string, place: string): Parsed {
  let value: JSONValue;
  try {
    value = JSON.parse(text) as JSONValue;
  } catch (error) {
    throw new Error(`${place} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  return checked(value, place);
}

function checked(value: JSONValue, place: string): Parsed {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return { place, fields: value };
  }
  throw new Error(`${place} is not an object`);
}
