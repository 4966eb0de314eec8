/** An export whose server is killed. HTTP marks the end of a reply, so a client sees that the export is incomplete. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { endsWithTest } from "../../../packages/convex-embedded/fixtures/child";
import { startServer, temporaryDirectory } from "../../../quality/lib/testServer";

/** More bytes than the sockets of both sides hold, so that the server cannot send the whole reply ahead of the client. */
const BATCHES = 16;
const DESCRIPTION = "😀".repeat(4000);

/** Starts a server whose export is large. `path` is the export. */
async function largeExport() {
  const server = await startServer({ data: temporaryDirectory() });
  const headers = { "X-API-Key": server.key, "Content-Type": "application/json" };
  const body = JSON.stringify(
    Array.from({ length: 60 }, (_, n) => ({ name: `bolt ${n}`, description: DESCRIPTION })),
  );
  for (let batch = 0; batch < BATCHES; batch++) {
    const reply = await fetch(`${server.url}/api/items/batch`, { method: "POST", headers, body });
    expect(reply.status).toBe(201);
  }
  return { server, headers, url: `${server.url}/api/items/export` };
}

test("fetch rejects the body of an export that was cut", async () => {
  const { server, headers, url } = await largeExport();
  const whole = await (await fetch(url, { headers })).text();
  expect(whole.split("\n")).toHaveLength(60 * BATCHES + 1);

  const reply = await fetch(url, { headers });
  await server.kill();
  await expect(reply.text()).rejects.toThrow("terminated");
});

test("curl exits with 18 for an export that was cut, and with 0 for a complete one", async () => {
  const { server, headers, url } = await largeExport();
  const curl = () => {
    const process = endsWithTest(
      spawn("curl", ["-sS", "-N", "-H", `X-API-Key: ${headers["X-API-Key"]}`, url]),
    );
    return { process, ended: once(process, "close") };
  };
  const complete = curl();
  complete.process.stdout.resume();
  expect((await complete.ended)[0]).toBe(0);

  const cut = curl();
  // Reading only the first bytes leaves curl waiting, and the server with the rest of the reply.
  await once(cut.process.stdout, "readable");
  await server.kill();
  cut.process.stdout.resume();
  expect((await cut.ended)[0]).toBe(18);
});
