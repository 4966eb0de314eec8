/** Asks for `/health` from a thread of its own, since the one that floods the server has no time to look at a clock. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";

export type Health = {
  /** The longest time that an answer took. Milliseconds. */
  worst: number;
  /** The same of a server in another thread that only says yes: what the machine itself takes. */
  bare: number;
  /** Answers that were not 200, or did not come. */
  failed: number;
};

// Text, not modules: the program is bundled into one file, and a worker starts from a file or from text.
const BARE = `
const { parentPort } = require("node:worker_threads");
const server = require("node:http").createServer((_, answer) => answer.end("ok"));
server.listen(0, "127.0.0.1", () => parentPort.postMessage("http://127.0.0.1:" + server.address().port));
`;
const ASKING = `
const { parentPort, workerData: { health, bare } } = require("node:worker_threads");
const found = { worst: 0, bare: 0, failed: 0 };
let over = false;
parentPort.on("message", () => (over = true));
const ask = async (url) => {
  const started = performance.now();
  const ok = await fetch(url).then(async (reply) => (await reply.text(), reply.ok), () => false);
  if (!ok) found.failed++;
  return performance.now() - started;
};
(async () => {
  while (!over) {
    found.bare = Math.max(found.bare, await ask(bare));
    found.worst = Math.max(found.worst, await ask(health));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  parentPort.postMessage(found);
  parentPort.close();
})();
`;

/** Asks again and again until the function that is returned is called. */
export async function watchHealth(url: string): Promise<() => Promise<Health>> {
  const server = new Worker(BARE, { eval: true });
  const [bare] = (await once(server, "message")) as [string];
  const asking = new Worker(ASKING, { eval: true, workerData: { health: `${url}/health`, bare } });
  await once(asking, "online");
  return async () => {
    asking.postMessage("over");
    const [found] = (await once(asking, "message")) as [Health];
    await server.terminate();
    return found;
  };
}
