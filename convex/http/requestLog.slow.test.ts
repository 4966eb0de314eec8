/** Every request writes one line of JSON to the log, with the pattern of its route and without client input. */
import { expect, test } from "vitest";
import { raw } from "../../packages/convex-embedded/fixtures/sockets";
import { serve } from "../../packages/convex-embedded/fixtures/serve";

const LIMITS_OFF = { RATE_LIMIT_KEY_PER_MINUTE: "0", RATE_LIMIT_IP_PER_MINUTE: "0" };
const SECRET = "s3cret-0123456789";
const FORGED = '%0a[GET]%20{"level":"error"}';

test("the log names the pattern of the route, or /* without a route", async () => {
  const { server, logged } = await serve({ project: process.cwd(), env: LIMITS_OFF });
  const targets = [
    ["GET", `/api/users/${SECRET}`, "GET /api/users/:id"],
    ["HEAD", `/files/${SECRET}`, "HEAD /files/:id"],
    ["DELETE", `/api/keys/${SECRET}/`, "DELETE /api/keys/:id"],
    ["GET", `/problems/${SECRET}?${SECRET}`, "GET /problems/:code"],
    ["GET", `/${SECRET}`, "GET /*"],
    ["PUT", `/api/users/${SECRET}`, "PUT /api/users/:id"],
    ["GET", `/api/users/x${FORGED}${SECRET}`, "GET /api/users/:id"],
    ["GET", `/api/users/%1b%5b31m${SECRET}`, "GET /api/users/:id"],
    ["TRACE", `//${SECRET}`, "TRACE /*"],
  ] as const;
  for (const [method, target] of targets) {
    const headers = [`Host: ${SECRET}`, `X-API-Key: ${SECRET}`, `Cookie: ${SECRET}`, `User-Agent: ${SECRET}`];
    const head = [`${method} ${target} HTTP/1.1`, ...headers, "Connection: close", "", ""];
    expect(await raw(server.url, head.join("\r\n"))).toMatch(/^HTTP\/1\.1 [2-4]/);
  }
  expect(logged.map(({ path }) => path)).toEqual(targets.map(([, , pattern]) => pattern));
  for (const { path, message } of logged) {
    expect(`${path ?? ""}${message}`).not.toMatch(/s3cret|[\p{Cc}\u2028\u2029]/u);
    expect(JSON.parse(message)).toMatchObject({ level: "info" });
  }
});
