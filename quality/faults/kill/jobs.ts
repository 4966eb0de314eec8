/** A workload of `POST /api/process`, synchronous and as jobs. */
import { createHash } from "node:crypto";
import type { Workload, Turn } from "./workload";
import { expectStatus } from "./workload";

/** Returns the digest of the canonical form, which equals the output of `JSON.stringify` for this value. */
const digestOf = (number: number) => createHash("sha256").update(JSON.stringify({ number })).digest("hex");

const post = ({ call }: Turn, number: number, more: Record<string, string>) =>
  call("POST", "/api/process", { data: { number } }, { "Idempotency-Key": `process-${number}`, ...more });

const sha256Of = (json: Readonly<Record<string, unknown>>) =>
  (json["result"] as { sha256?: string } | undefined)?.sha256;

export function jobs(): Workload & { interrupted: () => number } {
  /** Numbers by job id. */
  const acknowledged = new Map<string, number>();
  const open = new Set<number>();
  let interrupted = 0;
  let sent = 0;
  let done = 0;
  const enqueue = async (turn: Turn, number: number) => {
    const answer = await post(turn, number, { Prefer: "respond-async" });
    expectStatus(answer, `job ${number}`, 202);
    acknowledged.set(String(answer.json["id"]), number);
    open.delete(number);
  };
  return {
    name: "jobs",
    workers: 5,
    acknowledged: () => acknowledged.size + done,
    interrupted: () => interrupted,
    async work(turn) {
      const number = ++sent;
      if (turn.random() < 0.3) {
        const answer = await post(turn, number, {});
        expectStatus(answer, `process ${number}`, 200);
        if (sha256Of(answer.json) !== digestOf(number)) throw new Error(`process ${number}: ${answer.text}`);
        done++;
        return;
      }
      open.add(number);
      await enqueue(turn, number);
    },
    async retry(turn) {
      for (const number of [...open]) await enqueue(turn, number);
      return [];
    },
    async missing({ call }) {
      const problems: string[] = [];
      for (const [id, number] of acknowledged) {
        const { json, text } = await call("GET", `/api/jobs/${id}`);
        // An action runs at most once, so a job that a kill interrupted does not run again. It fails after its time limit.
        const unfinished = json["status"] === "queued" || json["status"] === "running";
        if (unfinished) interrupted++;
        else if (json["status"] !== "succeeded" || sha256Of(json) !== digestOf(number))
          problems.push(`job ${id}: ${text}`);
      }
      return problems;
    },
    duplicates: ({ documents }) =>
      documents("jobs")
        // One write for each state: queued, running, succeeded.
        .filter(
          ({ status, revision }) => revision !== { queued: 1, running: 2, succeeded: 3 }[String(status)],
        )
        .map(
          ({ _id, status, revision }) =>
            `job ${String(_id)} is ${String(status)} after ${String(revision)} writes`,
        ),
  };
}
