/** Recovers from a failed commit and creates the error for the callers that waited for it. */
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
  } catch (error) {
    return new WriterStopped(
      `The database can no longer be written: ${errorMessage(error)}. Free or repair its disk and restart the process. ` +
        "All acknowledged writes are in the database.",
      { cause: error },
    );
  }
  return new CommitFailed(`The commit failed: ${errorMessage(cause)}. Nothing was written.`, { cause });
}

/** Undoes groups whose sync failed. @returns the error for their callers. */
export function syncFailed(cause: unknown, undo: () => void): WriterStopped {
  let outcome = "Nothing was written";
  try {
    undo();
  } catch {
    outcome = "After a restart, the write may be in the database";
  }
  return new WriterStopped(
    `The disk could not store a commit: ${errorMessage(cause)}. ${outcome}. Check the disk and restart the process. ` +
      "All acknowledged writes are in the database.",
    { cause },
  );
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
