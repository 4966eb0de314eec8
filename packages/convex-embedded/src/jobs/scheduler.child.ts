/**
 * The process that `recovery.slow.test.ts` kills: schedules mutations and actions as fast as it can, with half of them due at
 * once, and prints the text that each is to write once its scheduling is acknowledged.
 */
import { startServer } from "../server/server";

const [, , project = "", data = "", round = ""] = process.argv;
const server = await startServer({ project, data, port: 0, env: {} });
await Promise.all(["note", "act", "note", "act"].map((name, writer) => schedule(name, `${round}.${writer}`)));

async function schedule(name: string, writer: string): Promise<never> {
  for (let n = 0; ; n++) {
    const text = `${name} ${writer}.${n}`;
    // In a minute, that is: in the time of the process that comes after this one.
    const delay = n % 2 === 0 ? 0 : 60_000;
    await server.run("jobs:schedule", { name: `jobs:${name}`, args: { text }, delay });
    process.stdout.write(`${text}\n`);
  }
}
