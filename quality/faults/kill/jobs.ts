/** `POST /api/process`, at once and as a job. */
import { createHash } from "node:crypto";
import type { Workload, Turn } from "./workload";
import { expectStatus } from "./workload";

/** The digest of the canonical form, which for this is what `JSON.stringify` makes. */
const digestOf = (number: number) => createHash("sha256").update(JSON.stringify({ number })).digest("hex");

const ask = ({ call }: Turn, number: number, more: Record<string, string>) =>
  call("POST", "/api/process", { data: { number } }, { "Idempotency-Key": `process-${number}`, ...more });

const sha256Of = (json: Readonly<Record<string, unknown>>) =>
  (json["result"] as { sha256?: string } | undefined)?.sha256;

export function jobs(): Workload & { cut: () => number } {
  /** Numbers by the id of their job. */
  const acknowledged = new Map<string, number>();
  const open = new Set<number>();
  let cut = 0;
  let asked = 0;
  let done = 0;
  const enqueue = async (turn: Turn, number: number) => {
    const answer = await ask(turn, number, { Prefer: "respond-async" });
    expectStatus(answer, `job ${number}`, 202);
    acknowledged.set(String(answer.json["id"]), number);
    open.delete(number);
  };
  return {
    name: "jobs",
    workers: 5,
    acknowledged: () => acknowledged.size + done,
    cut: () => cut,
    async work(turn) {
      const number = ++asked;
      if (turn.random() < 0.3) {
        const answer = await ask(turn, number, {});
        expectStatus(answer, `process ${number}`, 200);
        if (sha256Of(answer.json) !== digestOf(number)) throw new Error(`process ${number}: ${answer.text}`);
        done++;
        return;
      }
      open.add(number);
      await enqueue(turn, number);
    },
    async again(turn) {
      for (const number of [...open]) await enqueue(turn, number);
      return [];
    },
    async missing({ call }) {
      const problems: string[] = [];
      for (const [id, number] of acknowledged) {
        const { json, text } = await call("GET", `/api/jobs/${id}`);
        // Work that a kill cut off is not begun again, an action runs at most once: it is given up after its time.
        const waits = json["status"] === "queued" || json["status"] === "running";
        if (waits) cut++;
        else if (json["status"] !== "succeeded" || sha256Of(json) !== digestOf(number))
          problems.push(`job ${id}: ${text}`);
      }
      return problems;
    },
    twice: ({ documents }) =>
      documents("jobs")
        // Queued, taken, ended: one write each.
        .filter(
          ({ status, revision }) => revision !== { queued: 1, running: 2, succeeded: 3 }[String(status)],
        )
        .map(
          ({ _id, status, revision }) =>
            `job ${String(_id)} is ${String(status)} after ${String(revision)} writes`,
        ),
  };
}
