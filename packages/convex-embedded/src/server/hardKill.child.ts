/**
 * The process that `hardKill.slow.test.ts` kills. It serves a project, prints its addresses, and answers the line `idle` when no
 * work is due or running. A file of one byte records whether a commit is in progress, because writes to a file survive the end
 * of the process.
 */
import { openSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { startServer } from "./server";

const [, , project = "", data = "", marker = ""] = process.argv;
const mark = openSync(marker, "w");
const hooks = {
  beforeCommit: () => writeSync(mark, "C", 0),
  afterCommit: () => void writeSync(mark, "-", 0),
};
const server = await startServer({ project, data, port: 0, env: {}, hooks });
console.log(server.url);
for await (const line of createInterface({ input: process.stdin })) {
  if (line !== "idle") continue;
  await server.idle();
  console.log("idle");
}
