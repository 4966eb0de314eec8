/**
 * The process that `recovery.slow.test.ts` kills. It schedules mutations and actions as fast as it can, half of them due
 * immediately. When a scheduling is acknowledged, it prints the text that the job writes.
 */
import { startServer } from "../server/server";

const [, , project = "", data = "", round = ""] = process.argv;
const server = await startServer({ project, data, port: 0, env: {} });
await Promise.all(["note", "act", "note", "act"].map((name, writer) => schedule(name, `${round}.${writer}`)));

async function schedule(name: string, writer: string): Promise<never> {
  for (let n = 0; ; n++) {
    const text = `${name} ${writer}.${n}`;
    // In a minute: the next process runs it.
    const delay = n % 2 === 0 ? 0 : 60_000;
    await server.run("jobs:schedule", { name: `jobs:${name}`, args: { text }, delay });
    process.stdout.write(`${text}\n`);
  }
}
