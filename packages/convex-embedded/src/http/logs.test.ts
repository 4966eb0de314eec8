import { expect, test } from "vitest";
import { raw } from "../../fixtures/sockets";
import { serve } from "../../fixtures/serve";

test("the log names a failed request by the pattern of its route, not by its path", async () => {
  const { server, logged } = await serve();
  for (const target of ["/items/s3cret?s3cret", "/items/%0a[GET]%20s3cret"])
    expect((await fetch(server.url + target)).status).toBe(500);
  expect(logged.map(({ path }) => path)).toContain("GET /items/*");
  for (const { path } of logged) expect(path).not.toMatch(/s3cret/);
});

test("terminal control bytes are removed from the log", async () => {
  const { server, logged } = await serve();
  for (const target of ["/\x1b[31m", "/\x9b31m", "/\x07", "/a\rb", "/\u00e9"])
    expect(await raw(server.url, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 400/,
    );
  expect(logged).toEqual([]);
});
