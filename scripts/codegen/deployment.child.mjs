/** A stub deployment for the command line of a test: `node deployment.child.mjs DIR`. Prints its URL, ends with its input. */
import { stubDeployment } from "./deployment.mjs";

const deployment = await stubDeployment(process.argv[2]);
process.stdin.on("end", () => deployment.close()).resume();
console.log(deployment.url);
