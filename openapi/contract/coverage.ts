/**
 * Coverage of the document by tests. Each worker records the replies that it sees. At the end of a full run, the reporter looks
 * for documented replies that no worker saw.
 */
import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Described } from "./described";

/** The environment variable with the folder of a run. The reporter creates the folder; without it, workers record nothing. */
export const RUN = "CONTRACT_RUN";

const recorded = new Set<string>();

/** Records that an operation gave a documented reply of this status and media type. */
export function recordReply(operationId: string, status: number, type: string | undefined): void {
  const reply = nameOf(operationId, status, type);
  if (recorded.has(reply)) return;
  recorded.add(reply);
  record("replies", reply);
}

/** Records violations of the document, because a test may catch the error. */
export const recordViolations = (message: string): void => record("violations", JSON.stringify(message));

function record(kind: "replies" | "violations", line: string): void {
  const folder = process.env[RUN];
  // Each worker has its own file, because concurrent writes to one file could mix lines.
  if (folder !== undefined) appendFileSync(join(folder, `${kind}-${process.pid}`), `${line}\n`);
}

/** Returns the records of all workers of a run. */
export function recordsIn(folder: string): { replies: Set<string>; violations: string[] } {
  const lines = (kind: string) =>
    readdirSync(folder)
      .filter((file) => file.startsWith(`${kind}-`))
      .flatMap((file) => readFileSync(join(folder, file), "utf8").split("\n"))
      .filter((line) => line !== "");
  return {
    replies: new Set(lines("replies")),
    violations: lines("violations").map((line) => JSON.parse(line) as string),
  };
}

const nameOf = (operationId: string, status: number | string, type = "no body") =>
  `${operationId} ${status} ${type}`;

/** A documented reply that no test has to produce, and the reason. */
export type Exception = { operationId: string; status: number; reason: string };

/** Returns documented replies that were neither produced nor excepted, and exceptions that are no longer needed. */
export function missing(
  { operations }: Described,
  replies: ReadonlySet<string>,
  exceptions: readonly Exception[],
): string[] {
  const documented = operations.flatMap(({ operationId, responses }) =>
    Object.entries(responses).flatMap(([status, { content }]) =>
      (content ? Object.keys(content) : [undefined]).map((type) => ({ operationId, status, type })),
    ),
  );
  const isExcepted = (reply: { operationId: string; status: string }) =>
    exceptions.some(
      ({ operationId, status }) => reply.operationId === operationId && reply.status === String(status),
    );
  const produced = (reply: (typeof documented)[number]) =>
    replies.has(nameOf(reply.operationId, reply.status, reply.type));
  const stale = exceptions.filter((exception) => {
    const excepted = documented.filter(
      (reply) => isExcepted(reply) && reply.operationId === exception.operationId,
    );
    return !excepted.some((reply) => reply.status === String(exception.status) && !produced(reply));
  });
  return [
    ...documented
      .filter((reply) => !isExcepted(reply) && !produced(reply))
      .map(({ operationId, status, type }) => `no test produced ${nameOf(operationId, status, type)}`),
    ...stale.map(({ operationId, status }) => `${operationId} ${status} needs no exception`),
    ...exceptions
      .filter(({ status }) => status < 500)
      .map(({ operationId, status }) => `${operationId} ${status} cannot be excepted: only 5xx can`),
    ...(exceptions.length > MAX_EXCEPTIONS
      ? [`${exceptions.length} exceptions are more than ${MAX_EXCEPTIONS}`]
      : []),
  ];
}

const MAX_EXCEPTIONS = 10;
