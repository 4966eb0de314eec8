/** What acknowledged requests have left in the database. */
import { shown } from "../lib/figures";
import { markdownTable } from "../lib/table";
import { NAMES } from "../http/mix";
import type { Snapshot } from "./checks";
import { growthOf } from "./checks";

const CAUSES = ["create", "webhook", "upload", "job"] as const;

/** Bytes for each acknowledged request since the server was warm, as Markdown. */
export function growthTable(warm: Snapshot, end: Snapshot): string {
  const rows = CAUSES.map((cause) => {
    const { documents, documentBytes, entryBytes } = growthOf(cause, warm, end);
    const count = end.acknowledged[cause] - warm.acknowledged[cause];
    const each = (n: number) => (count === 0 ? "" : shown(n / count));
    return [NAMES[cause], count.toLocaleString("en"), each(documents), each(documentBytes), each(entryBytes)];
  });
  return markdownTable(
    ["acknowledged since it was warm", "times", "documents each", "their bytes", "bytes of index entries"],
    rows,
  );
}

/** Documents by table at the end, as Markdown. */
export function tableCounts({ database }: Snapshot): string {
  const rows = Object.entries(database.tables).map(([name, count]) => [name, count.toLocaleString("en")]);
  return markdownTable(["table", "documents"], rows);
}
