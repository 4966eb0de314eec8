/** A token issuer that is unreachable while tokens with an unknown key arrive. */
import { expect, test } from "vitest";
import { issuerSettings, signingKey, startIssuer, tokenFor } from "../../lib/issuer";
import { serverWithClock } from "../clock/serverWithClock";

/** Tokens to send meanwhile, ten at a time. Nine of ten have an unknown key. */
const TOKENS = 200;

test("known keys still work, unknown keys get 503, and a new key works once the issuer is reachable again", async () => {
  const [known, forger, next] = [
    await signingKey("known"),
    await signingKey("forger"),
    await signingKey("next"),
  ];
  const issuer = await startIssuer([known]);
  const { set, start } = serverWithClock(issuerSettings(issuer));
  const server = await start();
  const ada = { name: "Ada", email: "ada@example.com" };
  const tokenBy = (key: typeof known) => tokenFor(issuer, key, ada);
  const [good, bad, fresh] = [await tokenBy(known), await tokenBy(forger), await tokenBy(next)];
  const ask = async (token: string): Promise<Response> => {
    const reply = await fetch(`${server.url}/api/user`, { headers: { Authorization: `Bearer ${token}` } });
    await reply.arrayBuffer();
    return reply;
  };
  expect((await ask(good)).status).toBe(200);

  issuer.answer = (_path, response) => response.destroy();
  // The server does not fetch keys again within 30 s.
  set(60_000);
  const counts: Record<string, number> = {};
  let retryAfter: string | null = null;
  for (let sent = 0; sent < TOKENS; sent += 10) {
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, index) => ask(index === 0 ? good : bad)),
    );
    replies.forEach(({ status, headers }, index) => {
      const name = `${index === 0 ? "known" : "unknown"} key: ${status}`;
      counts[name] = (counts[name] ?? 0) + 1;
      if (index > 0) retryAfter = headers.get("retry-after");
    });
  }
  console.log(
    `issuer unreachable: ${JSON.stringify(counts)}, ${issuer.requests.length} requests to the issuer`,
  );
  expect(counts).toEqual({ "known key: 200": TOKENS / 10, "unknown key: 503": (TOKENS / 10) * 9 });
  expect(retryAfter).toMatch(/^\d+$/);
  // The runtime logs the cause once. Request lines begin with `[` and the route.
  await server.line(/^(?!\[).*cannot be fetched/);
  const logged = server.lines.filter((line) => line.includes(issuer.url) && !line.startsWith("["));
  expect(logged).toEqual([expect.stringMatching(/cannot be fetched/)]);

  issuer.answer = null;
  issuer.keys = [known, next];
  await expect.poll(async () => (await ask(fresh)).status).toBe(200);
  expect((await ask(good)).status).toBe(200);
});
