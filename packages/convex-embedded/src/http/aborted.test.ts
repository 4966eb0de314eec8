import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { TOOLS } from "../../fixtures/convexCli";
import { serve } from "../../fixtures/serve";

/** Sends the head of a request and, once the server reads the body, half of it. Then resets the connection. */
async function breakOff(url: string, path: string, authorization = "none"): Promise<void> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const headers = `Host: x\r\nAuthorization: ${authorization}\r\nExpect: 100-continue\r\nContent-Length: 100\r\n`;
  socket.write(`POST ${path} HTTP/1.1\r\n${headers}\r\n`);
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(answer.toString()).toContain("100 Continue");
  socket.write('{"path": ');
  socket.resetAndDestroy();
  await once(socket, "close");
}

test("a client that disconnects during a body is not logged as an error of the API port", async () => {
  const { server, logged } = await serve({ project: TOOLS });
  const operator = `Convex ${server.adminKey}`;
  const paths = ["/api/query", "/api/run/messages/list", "/echo", "/api/update_environment_variables"];
  for (const path of paths) await breakOff(server.apiUrl, path, operator);
  await server.close();
  expect(logged).toEqual([]);
});

test("a client that disconnects during a body is not logged as an error of the HTTP action that reads it", async () => {
  const { server, logged } = await serve();
  for (const path of ["/items", "/echo/x"]) await breakOff(server.url, path);
  await server.close();
  expect(logged).toEqual([]);
});

test("a client that disconnects during an upload is not logged as an error", async () => {
  const { server, logged } = await serve({ project: `${import.meta.dirname}/../../fixtures/stored` });
  const { pathname, search } = new URL((await server.run("files:uploadUrl", {})) as string);
  await breakOff(server.apiUrl, pathname + search);
  await server.close();
  expect(logged).toEqual([]);
});
