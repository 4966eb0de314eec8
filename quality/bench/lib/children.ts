/** The processes of a run, servers and load generators, which answer requests over IPC. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

interface Request {
  readonly name: string;
  readonly argument: unknown;
}

type Reply = { readonly answer: unknown } | { readonly error: string } | { readonly progress: string };

type Answers = Readonly<Record<string, (argument: never) => unknown>>;

/** Answers the parent's requests. Call it in the child. Requests never overlap. */
export function answerParent(answers: Answers): void {
  const send = (reply: Reply): void => void process.send?.(reply);
  process.on("message", ({ name, argument }: Request) => {
    const answer = answers[name];
    Promise.resolve()
      .then(() => answer?.(argument as never))
      .then(
        (value) => send({ answer: value ?? null }),
        (error: unknown) =>
          send({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      );
  });
  // The parent has ended.
  process.on("disconnect", () => process.exit(0));
  send({ answer: "ready" });
}

/** Sends a line of progress to the parent. Call it in the child. */
export function tellParent(progress: string): void {
  process.send?.({ progress });
}

export class Child {
  /** Wraps a process that calls `answerParent`. */
  constructor(readonly process: ChildProcess) {}

  /** Runs a file in a new process, and waits until it accepts requests. @param file relative to the root of the project. */
  static async start(root: string, file: string, args: readonly string[] = []): Promise<Child> {
    const script = [join(root, "scripts/run.mjs"), join(root, file), ...args];
    const child = new Child(
      spawn(process.execPath, script, { cwd: root, stdio: ["ignore", "inherit", "inherit", "ipc"] }),
    );
    await child.#reply();
    return child;
  }

  /** Sends a request and waits for its answer. @param onProgress called with the child's lines of progress. */
  ask<Answer>(name: string, argument?: unknown, onProgress?: (line: string) => void): Promise<Answer> {
    this.process.send({ name, argument });
    return this.#reply(onProgress) as Promise<Answer>;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null) return;
    const exit = once(this.process, "exit");
    this.process.kill("SIGTERM");
    await exit;
  }

  async #reply(onProgress: (line: string) => void = () => undefined): Promise<unknown> {
    const answered = new AbortController();
    const { signal } = answered;
    const exit = once(this.process, "exit", { signal }).then(() => {
      throw new Error("A process of the benchmark has ended unexpectedly");
    });
    // Rejects when it is aborted after an answer.
    exit.catch(() => undefined);
    try {
      for (;;) {
        const [reply] = (await Promise.race([once(this.process, "message"), exit])) as [Reply];
        if ("answer" in reply) return reply.answer;
        if ("error" in reply) throw new Error(reply.error);
        onProgress(reply.progress);
      }
    } finally {
      answered.abort();
    }
  }
}
