/** Measures `/health` from a separate thread, because the main thread is too busy flooding the server to measure times. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";

export type Health = {
  /** The longest time of an answer, in milliseconds. */
  worst: number;
  /** The longest time of an answer from a bare server in another thread. It shows the delay of the machine itself. */
  bare: number;
  /** Requests that failed or were not answered 200. */
  failed: number;
};

// Source text, because this program is bundled into one file, and a worker starts only from a file or from text.
const BARE = `
const { parentPort } = require("node:worker_threads");
const server = require("node:http").createServer((_, answer) => answer.end("ok"));
server.listen(0, "127.0.0.1", () => parentPort.postMessage("http://127.0.0.1:" + server.address().port));
`;
const MEASURING = `
const { parentPort, workerData: { health, bare } } = require("node:worker_threads");
const found = { worst: 0, bare: 0, failed: 0 };
let over = false;
parentPort.on("message", () => (over = true));
const measure = async (url) => {
  const started = performance.now();
  const ok = await fetch(url).then(async (reply) => (await reply.text(), reply.ok), () => false);
  if (!ok) found.failed++;
  return performance.now() - started;
};
(async () => {
  while (!over) {
    found.bare = Math.max(found.bare, await measure(bare));
    found.worst = Math.max(found.worst, await measure(health));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  parentPort.postMessage(found);
  parentPort.close();
})();
`;

/** Starts to measure. @returns a function that stops, and returns the results. */
export async function watchHealth(url: string): Promise<() => Promise<Health>> {
  const server = new Worker(BARE, { eval: true });
  const [bare] = (await once(server, "message")) as [string];
  const measuring = new Worker(MEASURING, { eval: true, workerData: { health: `${url}/health`, bare } });
  await once(measuring, "online");
  return async () => {
    measuring.postMessage("stop");
    const [found] = (await once(measuring, "message")) as [Health];
    await server.terminate();
    return found;
  };
}
