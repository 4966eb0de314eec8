/** The process that `hardKill.slow.test.ts` kills during pushes. It serves a project and prints its address and key. */
import { startServer } from "../../server/server";

const [, , project = "", data = ""] = process.argv;
const { apiUrl, adminKey } = await startServer({ project, data, port: 0, env: {} });
console.log(JSON.stringify({ apiUrl, adminKey }));
