/** The processes of a run: servers and the load generator, asked by messages. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

interface Question {
  readonly name: string;
  readonly argument: unknown;
}

type Reply = { readonly answer: unknown } | { readonly error: string } | { readonly progress: string };

type Answers = Readonly<Record<string, (argument: never) => unknown>>;

/** In the child: answers its parent's questions. Two of them never overlap. */
export function answerParent(answers: Answers): void {
  const send = (reply: Reply): void => void process.send?.(reply);
  process.on("message", ({ name, argument }: Question) => {
    const answer = answers[name];
    Promise.resolve()
      .then(() => answer?.(argument as never))
      .then(
        (value) => send({ answer: value ?? null }),
        (error: unknown) =>
          send({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      );
  });
  // A parent that is gone needs no answers.
  process.on("disconnect", () => process.exit(0));
  send({ answer: "ready" });
}

/** In the child: a line for the one who waits. */
export function tellParent(progress: string): void {
  process.send?.({ progress });
}

export class Child {
  /** Takes over a process that answers as `answerParent` does. */
  constructor(readonly process: ChildProcess) {}

  /** Starts a file, named from the root of the project. Resolves when it takes questions. */
  static async start(root: string, file: string, args: readonly string[] = []): Promise<Child> {
    const script = [join(root, "scripts/run.mjs"), join(root, file), ...args];
    const child = new Child(
      spawn(process.execPath, script, { cwd: root, stdio: ["ignore", "inherit", "inherit", "ipc"] }),
    );
    await child.#reply();
    return child;
  }

  /** @param said gets the lines that the child has for who waits. */
  ask<Answer>(name: string, argument?: unknown, said?: (line: string) => void): Promise<Answer> {
    this.process.send({ name, argument });
    return this.#reply(said) as Promise<Answer>;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null) return;
    const exit = once(this.process, "exit");
    this.process.kill("SIGTERM");
    await exit;
  }

  async #reply(said: (line: string) => void = () => undefined): Promise<unknown> {
    const gone = new AbortController();
    const { signal } = gone;
    const exit = once(this.process, "exit", { signal }).then(() => {
      throw new Error("A process of the benchmark ended by itself");
    });
    // It is aborted as soon as there is an answer.
    exit.catch(() => undefined);
    try {
      for (;;) {
        const [reply] = (await Promise.race([once(this.process, "message"), exit])) as [Reply];
        if ("answer" in reply) return reply.answer;
        if ("error" in reply) throw new Error(reply.error);
        said(reply.progress);
      }
    } finally {
      gone.abort();
    }
  }
}
