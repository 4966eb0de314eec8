/**
 * The process that `hardKill.slow.test.ts` kills: serves a project, prints where, and answers the line `idle` when nothing
 * is due or running. In a file of one byte stands whether it is within a commit: what was written to a file survives
 * the end of a process.
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
