/** Tables of the data that acknowledged requests have stored. */
import { shown } from "../lib/figures";
import { markdownTable } from "../lib/table";
import { NAMES } from "../http/mix";
import type { Snapshot } from "./checks";
import { growthOf } from "./checks";

const CAUSES = ["create", "webhook", "upload", "job"] as const;

/** Returns documents and bytes for each acknowledged request since the warm-up, as Markdown. */
export function growthTable(warm: Snapshot, end: Snapshot): string {
  const rows = CAUSES.map((cause) => {
    const { documents, documentBytes, entryBytes } = growthOf(cause, warm, end);
    const count = end.acknowledged[cause] - warm.acknowledged[cause];
    const each = (n: number) => (count === 0 ? "" : shown(n / count));
    return [NAMES[cause], count.toLocaleString("en"), each(documents), each(documentBytes), each(entryBytes)];
  });
  return markdownTable(
    ["acknowledged since warm-up", "requests", "documents each", "bytes each", "bytes of index entries each"],
    rows,
  );
}

/** Returns the number of documents of each table at the end, as Markdown. */
export function tableCounts({ database }: Snapshot): string {
  const rows = Object.entries(database.tables).map(([name, count]) => [name, count.toLocaleString("en")]);
  return markdownTable(["table", "documents"], rows);
}
