/** A stub deployment for tests of the Convex CLI: `node deployment.child.mjs DIR`. Prints its URL, and ends when stdin ends. */
import { stubDeployment } from "./deployment.mjs";

const deployment = await stubDeployment(process.argv[2]);
process.stdin.on("end", () => deployment.close()).resume();
console.log(deployment.url);
