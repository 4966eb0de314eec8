/** Group commit by hand: what finishes together shares one durable commit. */
import type { Connection } from "../../../packages/convex-embedded/src/store/sqlite";

/** Runs work in the transaction of its group. The answer comes after the commit. Work must not throw. */
export type Durably = <Result>(work: () => Result) => Promise<Result>;

/** @param db with `synchronous = FULL`, and no other transactions than these. */
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
    // It ends when no more requests are at hand.
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
