/** The embedded runtime with the benchmark's project. */
import { startServer } from "convex-embedded/testing/server";
import { answerParent } from "../lib/children";

const [, , project = "", data = ""] = process.argv;
const log = (line: { level: string; message: string }): void => {
  if (line.level === "error" || line.level === "warn") process.stderr.write(`${line.message}\n`);
};
const server = await startServer({ project, data, port: 0, env: {}, log });

answerParent({
  url: () => server.apiUrl,
  memory: () => process.memoryUsage().rss,
  /** Returns the processor time so far in milliseconds. */
  processorMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
});
process.on("SIGTERM", () => void server.close(0).then(() => process.exit(0)));
