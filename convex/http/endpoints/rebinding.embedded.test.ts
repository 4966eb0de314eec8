/** Names that are public by form, but resolve to this machine when the embedded runtime connects. */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { expect, onTestFinished } from "vitest";
import { internal } from "../../_generated/api";
import { callerWith } from "../testing/caller.testing";
import { onlyOn } from "../testing/engine.testing";
import { startEmbedded } from "../testing/engines/embedded.testing";
import { json, page } from "../testing/replies.testing";
import { subscribe } from "./receiver.testing";

const REASON = "Only the embedded runtime checks the resolved address";

/** Starts a server whose resolver returns this machine's address for every name. */
async function start(allowHttp: string) {
  const engine = await startEmbedded({ WEBHOOK_ALLOW_HTTP: allowHttp }, undefined, {
    lookup: (_name, _options, callback) => callback(null, [{ address: "127.0.0.1", family: 4 }]),
  });
  onTestFinished(() => engine.close());
  const issued = { name: "ada", email: "ada@example.com", scopes: ["*" as const] };
  const { key } = await engine.run("action", internal.apiKeys.issue, issued);
  const owner = callerWith(engine.fetch, key);
  let connections = 0;
  const partner = createServer((socket) => {
    connections++;
    socket.destroy();
  }).listen(0, "127.0.0.1");
  await once(partner, "listening");
  onTestFinished(() => void partner.close());
  const { port } = partner.address() as AddressInfo;
  const url = `https://partner.example.org:${port}/webhooks`;
  const send = async () => {
    const { path } = await subscribe(owner, url, ["key.*"]);
    await json(owner("POST", `${path}/test`), 202);
    await engine.settle();
    const [delivery] = await page(owner("GET", `${path}/deliveries`));
    return { delivery, connections };
  };
  return { send };
}

onlyOn("embedded", REASON, "no connection is made, and the owner learns why", async () => {
  const { send } = await start("0");
  const { delivery, connections } = await send();
  expect(connections).toBe(0);
  expect(delivery).toMatchObject({
    status: "pending",
    attempts: [
      { error: "The connection failed: partner.example.org leads to a private or reserved address" },
    ],
  });
});

onlyOn("embedded", REASON, "WEBHOOK_ALLOW_HTTP=1 allows this machine", async () => {
  const { send } = await start("1");
  expect((await send()).connections).toBe(1);
});
