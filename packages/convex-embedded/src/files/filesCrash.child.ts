/**
 * The process that `filesCrash.slow.test.ts` kills. It serves a project from a data directory and prints an upload URL for each
 * line that it reads.
 */
import { createInterface } from "node:readline";
import { startServer } from "../server/server";

const [, , project = "", data = ""] = process.argv;
const server = await startServer({ project, data, port: 0, env: {} });
for await (const line of createInterface({ input: process.stdin })) {
  if (line.startsWith("delete ")) {
    const id = line.slice("delete ".length);
    await server.run("files:remove", { id });
    console.log(`deleted ${id}`);
  } else {
    console.log(await server.run("files:uploadUrl", {}));
  }
}
