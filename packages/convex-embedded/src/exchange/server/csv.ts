/** Parses CSV (RFC 4180). */

/** Larger than any document. */
const MAX_CELL = 32 * 1024 * 1024;

/**
 * Yields the rows of a CSV text. Cells may be quoted, and then contain commas, line ends and doubled quotes. Empty lines are
 * skipped.
 *
 * @throws Error for a quote that is not closed.
 */
export async function* parseCsv(chunks: AsyncIterable<string>): AsyncGenerator<string[]> {
  let row: string[] = [];
  let cell = "";
  /** `closing`: after a quote within quotes, which ends the cell unless another one follows. */
  let state: "start" | "plain" | "quoted" | "closing" = "start";
  for await (const chunk of chunks) {
    for (const character of chunk) {
      if (state === "quoted") {
        if (character === '"') state = "closing";
        else cell += character;
        if (cell.length > MAX_CELL) throw new Error("a quoted cell of the file is not closed");
      } else if (character === '"' && state === "start") state = "quoted";
      else if (character === '"' && state === "closing") {
        cell += character;
        state = "quoted";
      } else if (character === ",") {
        row.push(cell);
        cell = "";
        state = "start";
      } else if (character === "\n") {
        if (row.length > 0 || cell !== "" || state === "closing") yield [...row, cell];
        row = [];
        cell = "";
        state = "start";
      } else if (character !== "\r") {
        cell += character;
        state = "plain";
      }
    }
  }
  if (state === "quoted") throw new Error("a quoted cell of the file is not closed");
  if (row.length > 0 || cell !== "" || state === "closing") yield [...row, cell];
}
