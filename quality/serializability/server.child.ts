/** The runtime with the workload's project. It accepts the options of `convex-embedded start` that `TestServer` passes. */
import { parseArgs } from "node:util";
import { startServer } from "convex-embedded/testing/server";

const TEXT = { type: "string" } as const;
const { values } = parseArgs({
  options: { port: TEXT, "api-port": TEXT, data: TEXT, "env-file": TEXT },
});
const { port, data = "", "api-port": apiPort } = values;
await startServer({
  project: process.cwd(),
  data,
  port: Number(port),
  apiPort: Number(apiPort),
  env: {},
  // A function that times out on a busy machine would look like a lost write.
  limits: { userMs: 60_000 },
  log: ({ level, message }) => {
    if (level === "error") process.stderr.write(`${message}\n`);
  },
});
process.stdout.write("ready\n");
