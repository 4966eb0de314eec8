/** Group commit: writes that arrive together share one durable commit. */
import type { Connection } from "../../../packages/convex-embedded/src/store/sqlite";

/** Runs work in the transaction of its group, and resolves after the commit. The work must not throw. */
export type Durably = <Result>(work: () => Result) => Promise<Result>;

/** Creates a group commit. @param db a connection with `synchronous = FULL` that has no other transactions. */
export function groupCommit(db: Connection): Durably {
  const begin = db.prepare("BEGIN IMMEDIATE");
  const commit = db.prepare("COMMIT");
  let group: (() => void)[] = [];
  const end = (): void => {
    commit.run();
    const answers = group;
    group = [];
    for (const answer of answers) answer();
  };
  return (work) => {
    // The group ends when the event loop has read all pending requests.
    if (group.length === 0) {
      begin.run();
      setImmediate(end);
    }
    return new Promise((resolve) => {
      const result = work();
      group.push(() => resolve(result));
    });
  };
}
