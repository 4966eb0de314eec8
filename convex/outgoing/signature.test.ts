import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { expect, test, vi } from "vitest";
import { newSecret } from "./seal.lib";
import { signedHeaders, signingKey } from "./signature.lib";

/** The example that the reference libraries of Standard Webhooks publish in their tests. */
const PUBLISHED = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  message: { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1614265330, body: '{"test": 2432232314}' },
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};

test("the published example has the published signature", async () => {
  expect(await signedHeaders(PUBLISHED.message, [await signingKey(PUBLISHED.secret)])).toEqual({
    "webhook-id": PUBLISHED.message.id,
    "webhook-timestamp": "1614265330",
    "webhook-signature": PUBLISHED.signature,
  });
});

test("both libraries sign in the same way and verify each of several secrets", async () => {
  const message = { id: "evt_1", timestamp: 1_700_000_000, body: '{"name":"Ünïcödé \u{1f529}"}' };
  const secrets = [newSecret(), newSecret()];
  const headers = await signedHeaders(message, await Promise.all(secrets.map(signingKey)));
  vi.spyOn(Date, "now").mockReturnValue(message.timestamp * 1000);
  const time = new Date(message.timestamp * 1000);
  for (const Webhook of [StandardWebhook, SvixWebhook]) {
    const signatures = secrets.map((secret) => new Webhook(secret).sign(message.id, time, message.body));
    expect(headers["webhook-signature"]).toBe(signatures.join(" "));
    for (const secret of secrets)
      expect(new Webhook(secret).verify(message.body, headers)).toEqual(JSON.parse(message.body));
    expect(() => new Webhook(newSecret()).verify(message.body, headers)).toThrow();
  }
});

test("a new secret has at least 24 random bytes in base64", () => {
  const secrets = Array.from({ length: 50 }, newSecret);
  for (const secret of secrets) {
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]+=*$/);
    expect(Buffer.from(secret.slice(6), "base64").length).toBeGreaterThanOrEqual(24);
  }
  expect(new Set(secrets).size).toBe(secrets.length);
});
