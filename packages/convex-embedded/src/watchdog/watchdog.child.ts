/** A process with a server and a watchdog, for the watchdog's test: `watchdog.child.ts PROJECT DATA LIMIT_MS`. */
import { readFileSync } from "node:fs";
import { startServer } from "../server/server";

const [, , project = "", data = "", limitMs = ""] = process.argv;
const server = await startServer({ project, data, port: 0, env: {}, watchdog: Number(limitMs) });
process.stdout.write("ready\n");

/** Blocks the process outside functions, for longer than the watchdog's limit. */
const busy = (): Promise<string> => {
  const end = Date.now() + 3 * Number(limitMs);
  while (Date.now() < end);
  return Promise.resolve("busy");
};

const run = (path: string): Promise<unknown> => {
  if (path === "(busy)") return new Promise((resolve) => setImmediate(() => resolve(busy())));
  return server.run(path, path === "limits:insert" ? { count: 3, bytes: 0 } : {});
};

// Lines run in order. The functions of a line run at the same time.
for (const line of readFileSync(0, "utf8").trim().split("\n")) {
  const results = await Promise.all(line.split(" ").map(run));
  process.stdout.write(`${results.map((result) => JSON.stringify(result)).join(" ")}\n`);
}
await server.close();
