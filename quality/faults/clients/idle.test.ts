/** Many connections that send nothing. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Socket } from "node:net";
import { expect, inject, test } from "vitest";
import { caller } from "../client";
import { closed, connected } from "./sockets";
import type { ServerProcess } from "../../lib/server";
import { temporaryDirectory } from "../../lib/testServer";
import { descriptorCount, residentBytes, SPARE_DESCRIPTORS } from "../../lib/usage";
import { startServer } from "../server";

const BATCH = 250;
/** Memory that an idle connection may cost the server, in bytes: descriptor, buffers, parser. */
const MAX_BYTES_EACH = 40 * 1024;
/** Descriptors that each process needs for other things. */
const SPARE = 500;

/** Returns how many connections both processes may hold. Node raises its soft limit to the hard limit. */
function allowed(wanted: number, server: ServerProcess): number {
  const limitOf = (pid: number | string) =>
    Number(/Max open files\s+(\d+)/.exec(readFileSync(`/proc/${pid}/limits`, "utf8"))?.[1]);
  return Math.min(wanted, limitOf("self") - SPARE, limitOf(server.pid) - SPARE);
}

/** Opens connections from several addresses, because one address has too few ports. */
async function open(url: string, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const address = `127.0.0.${2 + Math.floor(sockets.length / 2_000)}`;
    const batch = Array.from({ length: Math.min(BATCH, count - sockets.length) }, () =>
      connected(url, address),
    );
    sockets.push(...(await Promise.all(batch)));
  }
  return sockets;
}

test("thousands of idle connections use little memory, delay no other clients, and are closed", async () => {
  const server = await startServer({ data: join(temporaryDirectory(), "data") });
  const call = caller(server.url, server.key);
  for (let i = 0; i < 200; i++) await call("POST", "/api/items", { name: `warm ${i}` });
  const before = { descriptors: descriptorCount(server.pid), memory: residentBytes(server.pid) };
  const count = allowed(inject("scale").connections, server);

  const sockets = await open(server.url, count);
  await expect.poll(() => descriptorCount(server.pid)).toBeGreaterThanOrEqual(before.descriptors + count);
  for (let i = 0; i < 50; i++)
    expect((await call("POST", "/api/items", { name: `beside ${i}` })).status).toBe(201);
  const each = (residentBytes(server.pid) - before.memory) / count;
  console.log(`${count} idle connections, ${(each / 1024).toFixed(1)} KiB each`);
  expect(each).toBeLessThan(MAX_BYTES_EACH);

  // Half of the clients disconnect. The server closes the other connections, because they send no request in time.
  const [leaving, staying] = [sockets.slice(0, count / 2), sockets.slice(count / 2)];
  for (const socket of leaving) socket.resetAndDestroy();
  const answers = await Promise.all(staying.map(closed));
  expect(new Set(answers.map((text) => text.slice(0, 12)))).toEqual(new Set(["HTTP/1.1 408"]));
  await expect
    .poll(() => descriptorCount(server.pid))
    .toBeLessThanOrEqual(before.descriptors + SPARE_DESCRIPTORS);
  expect((await call("GET", "/api/items?limit=1")).status).toBe(200);
  console.log(
    `all are closed, ${Math.round((residentBytes(server.pid) - before.memory) / 1024)} KiB more than before`,
  );
});
