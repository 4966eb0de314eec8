/** What is done about a commit that failed, and what those are told who waited for it. */
import { randomUUID } from "node:crypto";
import type { Connection } from "./sqlite";
import { StoreUnavailable } from "./unavailable";

/** The commit of a group failed: nothing of its executions is kept. */
class CommitFailed extends StoreUnavailable {
  override readonly name = "CommitFailed";
}

/** The writer could not return to a known state; the process has to be started again. */
export class WriterStopped extends StoreUnavailable {
  override readonly name = "WriterStopped";
}

/** Makes sure that the connection is out of its failed transaction. @returns what the group's callers are told. */
export function recoverFromFailedCommit(db: Connection, cause: unknown): CommitFailed | WriterStopped {
  try {
    if (db.inTransaction) db.exec("ROLLBACK");
    db.prepare("SELECT count(*) FROM meta").get();
    overwrite(db);
  } catch (error) {
    return new WriterStopped(
      `The database can no longer be written: ${errorMessage(error)}. Free or repair its disk and start the process ` +
        "again; everything that was acknowledged is in it.",
      { cause: error },
    );
  }
  return new CommitFailed(`The commit failed: ${errorMessage(cause)}. Nothing was written.`, { cause });
}

/**
 * Commits something else in the place of what failed. A group whose last sync failed is in the log, complete, and
 * would be found there after a crash, though its callers were refused.
 */
function overwrite(db: Connection): void {
  try {
    db.exec("BEGIN IMMEDIATE");
    db.prepare<[string]>("INSERT OR REPLACE INTO meta (key, value) VALUES ('refused', ?)").run(randomUUID());
    db.exec("COMMIT");
  } catch {
    // The disk may still be full. What was written of this is enough, and the next commit does the same.
    if (db.inTransaction) db.exec("ROLLBACK");
  }
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
