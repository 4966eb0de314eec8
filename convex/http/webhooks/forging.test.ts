/** Forged webhooks are refused and not stored. */
import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { signedHeaders, SOURCES, type WebhookSource } from "../../../scripts/webhook/sign";
import { as, now, send, useEngine } from "../testing/engine.testing";
import { page, problem } from "../testing/replies.testing";
import { SECRETS, webhook, WEBHOOK_ENV } from "../testing/webhooks.testing";

const TYPES: Record<WebhookSource, string> = {
  stripe: "invoice.paid",
  clerk: "session.created",
  github: "push",
};
const SIGNATURE_HEADERS = {
  stripe: "Stripe-Signature",
  clerk: "svix-signature",
  github: "X-Hub-Signature-256",
} as const;
const OLD = 10 * 60_000;

const signed = (source: WebhookSource, more: { now?: number; body?: string; secret?: string } = {}) => {
  const { init } = webhook(source, TYPES[source], more);
  return { body: init.body as string, headers: init.headers as Record<string, string> };
};
const countEvents = async () =>
  (await page((await as("root"))("GET", "/api/webhook-events?limit=100"))).length;

async function refused(source: WebhookSource, body: string, headers: Record<string, string>): Promise<void> {
  const before = await countEvents();
  const reply = send(`/webhooks/${source}`, { method: "POST", body, headers });
  expect((await problem(reply, 400, "webhook_rejected")).detail).toBe("Webhook verification failed");
  expect(await countEvents()).toBe(before);
}

describe("with secrets", () => {
  useEngine({ env: WEBHOOK_ENV });

  test.each(SOURCES)("%s: a valid signature of another body is refused", async (source) => {
    const { headers, body } = signed(source);
    await refused(source, `${body} `, headers);
    await refused(source, body.replace("{", "{ "), headers);
    await refused(source, '{"id":"evt_other","type":"invoice.paid"}', headers);
    await refused(source, "", headers);
  });

  test.each(SOURCES)("%s: a signature with the secret of another source is refused", async (source) => {
    for (const other of SOURCES.filter((name) => name !== source)) {
      const secret =
        source === "clerk" ? `whsec_${Buffer.from(SECRETS[other]).toString("base64")}` : SECRETS[other];
      const { headers, body } = signed(source, { secret });
      await refused(source, body, headers);
    }
  });

  test.each(SOURCES)("%s: a signature of another source is refused", async (source) => {
    for (const other of SOURCES.filter((name) => name !== source)) {
      const { headers, body } = signed(source);
      const foreign = signed(other, { body }).headers[SIGNATURE_HEADERS[other]] ?? "";
      await refused(source, body, { ...headers, [SIGNATURE_HEADERS[source]]: foreign });
    }
  });

  test.each(SOURCES)("%s: a signature with an empty or a placeholder secret is refused", async (source) => {
    const { headers, body } = signed(source);
    for (const secret of [" ", "undefined", "null", "whsec_"]) {
      const hex = createHmac("sha256", secret).update(body).digest("hex");
      const at = Math.floor(now() / 1000);
      const forms = {
        stripe: `t=${at},v1=${createHmac("sha256", secret).update(`${at}.${body}`).digest("hex")}`,
        clerk: `v1,${Buffer.from(hex, "hex").toString("base64")}`,
        github: `sha256=${hex}`,
      };
      await refused(source, body, { ...headers, [SIGNATURE_HEADERS[source]]: forms[source] });
    }
  });

  test.each(["stripe", "clerk"] as const)(
    "%s: an old signature with a changed time is refused",
    async (source) => {
      const { headers, body } = signed(source, { now: now() - OLD });
      const fresh = String(Math.floor(now() / 1000));
      await refused(source, body, headers);
      if (source === "clerk") return refused(source, body, { ...headers, "svix-timestamp": fresh });
      const signature = headers["Stripe-Signature"] ?? "";
      for (const forged of [
        signature.replace(/t=\d+/, `t=${fresh}`),
        `t=${fresh},${signature}`,
        `${signature},t=${fresh}`,
        signature.replace(/t=\d+/, "t="),
        signature.replace(/t=\d+,?/, ""),
      ])
        await refused(source, body, { ...headers, "Stripe-Signature": forged });
    },
  );

  test.each(SOURCES)("%s: a hundred wrong signatures are refused", async (source) => {
    const { headers, body } = signed(source, {
      secret: source === "clerk" ? `whsec_${btoa("guess")}` : "guess",
    });
    const wrong = headers[SIGNATURE_HEADERS[source]] ?? "";
    const joint = { stripe: ",", clerk: " ", github: "," }[source];
    await refused(source, body, {
      ...headers,
      [SIGNATURE_HEADERS[source]]: Array(100).fill(wrong).join(joint),
    });
  });

  test("clerk: a webhook is accepted if one of its v1 signatures verifies", async () => {
    const { headers, body } = signed("clerk");
    const good = headers["svix-signature"] ?? "";
    const wrong = `v1,${Buffer.alloc(32).toString("base64")}`;
    await refused("clerk", body, { ...headers, "svix-signature": good.replace("v1,", "v2,") });
    const both = { ...headers, "svix-signature": `${wrong} ${good}` };
    expect((await send("/webhooks/clerk", { method: "POST", body, headers: both })).status).toBe(200);
  });

  test("stripe: a signature of the test scheme v0 is refused", async () => {
    const { headers, body } = signed("stripe");
    const signature = headers["Stripe-Signature"]?.replace("v1=", "v0=") ?? "";
    await refused("stripe", body, { ...headers, "Stripe-Signature": signature });
  });

  test("stripe: a header with several times is refused", async () => {
    const fresh = String(Math.floor(now() / 1000));
    for (const at of [now(), now() + OLD]) {
      const { headers, body } = signed("stripe", { now: at });
      const signature = headers["Stripe-Signature"] ?? "";
      for (const forged of [
        `t=${fresh},${signature}`,
        `${signature},t=${fresh}`,
        `t,${signature}`,
        `${signature},t`,
      ])
        await refused("stripe", body, { ...headers, "Stripe-Signature": forged });
    }
  });

  test("github: a SHA-1 signature is refused", async () => {
    const { headers, body } = signed("github");
    const sha1 = createHmac("sha1", SECRETS.github).update(body).digest("hex");
    await refused("github", body, { ...headers, "X-Hub-Signature-256": `sha1=${sha1}` });
    await refused("github", body, { ...headers, "X-Hub-Signature-256": `sha256=${sha1}` });
    await problem(
      send("/webhooks/github", {
        method: "POST",
        body,
        headers: { "X-GitHub-Event": "push", "X-GitHub-Delivery": "d", "X-Hub-Signature": `sha1=${sha1}` },
      }),
      400,
      "webhook_unsigned",
    );
  });

  test("clerk: a changed id is refused, because the id is signed too", async () => {
    const { headers, body } = signed("clerk");
    await refused("clerk", body, { ...headers, "svix-id": "msg_other" });
  });
});

describe.each(["", " ", ",", " , ,"])("with the secrets %j", (setting) => {
  const env = Object.fromEntries(Object.keys(WEBHOOK_ENV).map((name) => [name, setting]));
  useEngine({ env });

  test.each(SOURCES)("%s refuses all webhooks, even a signature with an empty secret", async (source) => {
    const body = "{}";
    const headers =
      source === "clerk"
        ? signed("clerk").headers
        : signedHeaders({ source, type: TYPES[source], id: "x", body, secret: "", now: now() });
    await problem(send(`/webhooks/${source}`, { method: "POST", body, headers }), 503, "not_configured");
  });
});
