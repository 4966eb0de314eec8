/** A server that a test kills. Arguments: project, data directory, port of the API. */
import { startServer } from "../server/server";

const [, , project = "", data = "", apiPort = ""] = process.argv;
await startServer({ project, data, port: 0, apiPort: Number(apiPort), env: {}, log: () => undefined });
process.stdout.write("ready\n");
process.stdin.resume();
