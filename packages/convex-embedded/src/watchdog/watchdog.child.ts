/** A server with a watchdog as a process of its own, for its test: `watchdog.child.ts PROJECT DATA LIMIT_MS`. */
import { readFileSync } from "node:fs";
import { startServer } from "../server/server";

const [, , project = "", data = "", limitMs = ""] = process.argv;
const server = await startServer({ project, data, port: 0, env: {}, watchdog: Number(limitMs) });
process.stdout.write("ready\n");

// One line for each function to run.
for (const path of readFileSync(0, "utf8").trim().split("\n")) {
  const args = path === "limits:insert" ? { count: 3, bytes: 0 } : {};
  process.stdout.write(`${JSON.stringify(await server.run(path, args))}\n`);
}
await server.close();
