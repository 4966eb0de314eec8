/** A server with a watchdog as a process of its own, for its test: `watchdog.child.ts PROJECT DATA LIMIT_MS`. */
import { readFileSync } from "node:fs";
import { startServer } from "../server/server";

const [, , project = "", data = "", limitMs = ""] = process.argv;
const server = await startServer({ project, data, port: 0, env: {}, watchdog: Number(limitMs) });
process.stdout.write("ready\n");

/** Work of the process that belongs to no function, for longer than the watchdog of the test allows. */
const busy = (): Promise<string> => {
  const end = Date.now() + 3 * Number(limitMs);
  while (Date.now() < end);
  return Promise.resolve("busy");
};

const run = (path: string): Promise<unknown> => {
  if (path === "(busy)") return new Promise((resolve) => setImmediate(() => resolve(busy())));
  return server.run(path, path === "limits:insert" ? { count: 3, bytes: 0 } : {});
};

// One line after the other; the functions of a line run at the same time.
for (const line of readFileSync(0, "utf8").trim().split("\n")) {
  const results = await Promise.all(line.split(" ").map(run));
  process.stdout.write(`${results.map((result) => JSON.stringify(result)).join(" ")}\n`);
}
await server.close();
