/** An issuer that cannot be reached while tokens with an unknown key keep coming. */
import { expect, test } from "vitest";
import { issuerSettings, signingKey, startIssuer, tokenFor } from "../../lib/issuer";
import { serverWithClock } from "../clock/serverWithClock";

/** Tokens with an unknown key that are sent meanwhile, ten at a time. */
const FORGED = 200;

test("tokens of known keys go on working, unknown ones are 503, and a new key counts once the issuer is back", async () => {
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
  // Keys that were fetched less than 30 s ago are taken for all that there are.
  set(60_000);
  const counts: Record<string, number> = {};
  let retryAfter: string | null = null;
  for (let sent = 0; sent < FORGED; sent += 10) {
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
    `issuer out of reach: ${JSON.stringify(counts)}, ${issuer.requests.length} requests reached it`,
  );
  expect(counts).toEqual({ "known key: 200": FORGED / 10, "unknown key: 503": (FORGED / 10) * 9 });
  expect(retryAfter).toMatch(/^\d+$/);
  // The runtime says why once. The lines of requests begin with their route.
  await server.line(/^(?!\[).*cannot be fetched/);
  const told = server.lines.filter((line) => line.includes(issuer.url) && !line.startsWith("["));
  expect(told).toEqual([expect.stringMatching(/cannot be fetched/)]);

  issuer.answer = null;
  issuer.keys = [known, next];
  await expect.poll(async () => (await ask(fresh)).status).toBe(200);
  expect((await ask(good)).status).toBe(200);
});
