/** The server as it is started by hand, in a process and a data directory of its own, with all that it prints. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLines } from "../../packages/convex-embedded/fixtures/startLines";
import type { Stage } from "./stage";

export type Server = {
  pid: number;
  url: string;
  /** The port of stored files and of Convex's tools. */
  apiUrl: string;
  root: string;
  secrets: Stage["secrets"];
  /** What nobody may read in the output: the webhooks' secrets, and what opens the API port. */
  hidden: readonly string[];
  /** What was printed since it was ready, stdout and stderr. */
  output: () => string;
  /** The whole lines that were printed since; they are no longer in `output`. */
  takeLines: () => string;
  /** The code or signal with which the process has ended; null while it runs. */
  ended: () => number | string | null;
  /** Ends it as an operator would. @returns the code that it exits with. */
  stop: () => Promise<number | null>;
};

/** Starts it with rate limits off and every webhook's secret set. @throws Error with its output if it does not get ready. */
export async function startServer(): Promise<Server> {
  const home = mkdtempSync(join(tmpdir(), "abuse-"));
  const secrets = {
    stripe: `whsec_${randomBytes(24).toString("hex")}`,
    clerk: `whsec_${randomBytes(24).toString("base64")}`,
    github: randomBytes(24).toString("hex"),
  };
  const env = {
    ...process.env,
    RATE_LIMIT_KEY_PER_MINUTE: "0",
    RATE_LIMIT_IP_PER_MINUTE: "0",
    STRIPE_WEBHOOK_SECRET: secrets.stripe,
    CLERK_WEBHOOK_SECRET: secrets.clerk,
    GITHUB_WEBHOOK_SECRET: secrets.github,
  };
  const envFile = join(home, "env");
  writeFileSync(envFile, "");
  const data = join(home, "data");
  const args = [
    "--",
    "node_modules/.bin/convex-embedded",
    "start",
    "--port",
    "0",
    "--data",
    data,
    "--env-file",
    envFile,
  ];
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => output.push(text));
  await startLines(child.stdout).catch((error: unknown) => {
    throw new Error(`The server ended before it was ready:\n${output.join("")}`, { cause: error });
  });
  const printed = output.join("");
  output.length = 0;
  const after = (word: string) => new RegExp(`^${word}[ =]+(\\S+)`, "m").exec(printed)?.[1] ?? "";
  return {
    pid: child.pid ?? 0,
    url: after("api"),
    apiUrl: after("cli"),
    root: after("key"),
    secrets,
    hidden: [...Object.values(secrets), after("CONVEX_SELF_HOSTED_ADMIN_KEY")],
    output: () => output.join(""),
    takeLines: () => {
      const text = output.join("");
      const end = text.lastIndexOf("\n") + 1;
      output.splice(0, output.length, text.slice(end));
      return text.slice(0, end);
    },
    ended: () => child.exitCode ?? child.signalCode,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, "exit");
        child.kill("SIGTERM");
        await gone;
      }
      rmSync(home, { recursive: true, force: true });
      return child.exitCode;
    },
  };
}
