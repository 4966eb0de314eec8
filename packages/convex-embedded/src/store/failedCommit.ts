/** Recovers from a failed commit and creates the error for the callers that waited for it. */
import { randomUUID } from "node:crypto";
import type { Connection } from "./sqlite";
import { StoreUnavailable } from "./unavailable";

/** The commit of a group failed. None of its writes are kept. */
class CommitFailed extends StoreUnavailable {
  override readonly name = "CommitFailed";
}

/** The writer could not return to a known state. The process must be restarted. */
export class WriterStopped extends StoreUnavailable {
  override readonly name = "WriterStopped";
}

/** Rolls back the failed transaction. @returns the error for the group's callers. */
export function recoverFromFailedCommit(db: Connection, cause: unknown): CommitFailed | WriterStopped {
  try {
    if (db.inTransaction) db.exec("ROLLBACK");
    db.prepare("SELECT count(*) FROM meta").get();
    overwrite(db);
  } catch (error) {
    return new WriterStopped(
      `The database can no longer be written: ${errorMessage(error)}. Free or repair its disk and restart the process. ` +
        "All acknowledged writes are in the database.",
      { cause: error },
    );
  }
  return new CommitFailed(`The commit failed: ${errorMessage(cause)}. Nothing was written.`, { cause });
}

/**
 * Overwrites the failed commit in the log with another one. If only the last sync of a group failed, the log contains the whole
 * group, and recovery after a crash would apply it although its callers were refused.
 */
function overwrite(db: Connection): void {
  try {
    db.exec("BEGIN IMMEDIATE");
    db.prepare<[string]>("INSERT OR REPLACE INTO meta (key, value) VALUES ('refused', ?)").run(randomUUID());
    db.exec("COMMIT");
  } catch {
    // The disk may still be full. A partial write is enough to overwrite the group, and so is the next commit.
    if (db.inTransaction) db.exec("ROLLBACK");
  }
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
