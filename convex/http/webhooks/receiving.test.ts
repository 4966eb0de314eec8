import { createHmac } from "node:crypto";
import { asForm } from "../../../scripts/webhook/sign";
import { describe, expect, test } from "vitest";
import { as, send, useEngine } from "../testing/engine.testing";
import { page, problem } from "../testing/replies.testing";
import {
  NEW_STRIPE_SECRET,
  post,
  processed,
  read,
  SECRETS,
  webhook,
  WEBHOOK_ENV,
} from "../testing/webhooks.testing";

const MINUTE = 60_000;

const SENT = [
  ["stripe", "invoice.paid"],
  ["clerk", "session.created"],
  ["github", "ping"],
] as const;

describe("with secrets", () => {
  useEngine({ env: WEBHOOK_ENV });

  const loggedEvents = async () => page((await as("root"))("GET", "/api/webhook-events?limit=100"));
  const expectRejected = async (reply: Promise<Response>): Promise<void> => {
    const before = (await loggedEvents()).length;
    const refused = await problem(reply, 400, "webhook_rejected");
    expect(refused.detail).toBe("Webhook verification failed");
    expect(await loggedEvents()).toHaveLength(before);
  };

  /** Returns a wrong secret in the format of the source. */
  const wrongSecret = (source: string) =>
    source === "clerk" ? `whsec_${Buffer.from("another").toString("base64")}` : "another";

  test.each(SENT)("%s: a correctly signed webhook returns 200 OK", async (source, type) => {
    const reply = await post(source, type);
    expect(reply.status).toBe(200);
    expect(await reply.text()).toBe("OK");
    expect(reply.headers.has("access-control-allow-origin")).toBe(false);
  });

  test.each(SENT)("%s: a webhook without a signature is refused", async (source, type) => {
    const unsigned = post(source, type, { headers: () => ({ "X-GitHub-Event": type }) });
    const refused = await problem(unsigned, 400, "webhook_unsigned");
    expect(refused.detail).toBe(source === "clerk" ? "Missing Svix headers" : "Missing signature");
  });

  test.each(SENT)(
    "%s: a signature with another secret is refused, and nothing is stored",
    async (source, type) => {
      await expectRejected(post(source, type, { secret: wrongSecret(source) }));
    },
  );

  test.each(["stripe", "clerk"] as const)(
    "%s: a signature whose time differs by more than five minutes is refused",
    async (source) => {
      const type = source === "stripe" ? "invoice.paid" : "session.created";
      for (const age of [-6 * MINUTE, 6 * MINUTE]) {
        await expectRejected(post(source, type, { now: Date.now() + age }));
      }
      for (const age of [-4 * MINUTE, 4 * MINUTE]) {
        expect((await post(source, type, { now: Date.now() + age })).status).toBe(200);
      }
    },
  );

  test("stripe: a signature with the second secret is accepted", async () => {
    expect((await post("stripe", "invoice.paid", { secret: NEW_STRIPE_SECRET })).status).toBe(200);
  });

  test("stripe: a webhook is accepted if one of its signatures verifies", async () => {
    const more = (headers: Record<string, string>) => ({
      ...headers,
      "Stripe-Signature": `${headers["Stripe-Signature"] ?? ""},v1=${"0".repeat(64)},v0=${"1".repeat(64)}`,
    });
    expect((await post("stripe", "invoice.paid", { headers: more })).status).toBe(200);
  });

  test("clerk: the unbranded header names are accepted too", async () => {
    const unbranded = (headers: Record<string, string>) =>
      Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name.replace("svix-", "webhook-"), value]),
      );
    expect((await post("clerk", "session.created", { headers: unbranded })).status).toBe(200);
  });

  test("github: the documented example verifies, and is then refused because it is not JSON", async () => {
    const signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    const headers = (signed: Record<string, string>) => ({ ...signed, "X-Hub-Signature-256": signature });
    await problem(post("github", "ping", { body: "Hello, World!", headers }), 400, "invalid_json");
    await problem(post("github", "ping", { body: "Hello, World.", headers }), 400, "webhook_rejected");
  });

  test.each(["X-GitHub-Event", "X-GitHub-Delivery"])(
    "github: a webhook without %s is refused",
    async (name) => {
      const without = (headers: Record<string, string>) =>
        Object.fromEntries(Object.entries(headers).filter(([header]) => header !== name));
      const empty = (headers: Record<string, string>) => ({ ...headers, [name]: "" });
      for (const headers of [without, empty]) {
        const refused = await problem(post("github", "ping", { headers }), 400, "invalid_request");
        expect(refused.detail).toBe(`${name}: is required`);
        expect(refused.errors).toEqual([{ in: "header", path: name, message: "is required" }]);
        // The missing header is reported only after the signature has verified.
        await expectRejected(post("github", "ping", { headers, secret: wrongSecret("github") }));
      }
    },
  );

  const SIGNATURE_HEADERS = {
    stripe: "Stripe-Signature",
    clerk: "svix-signature",
    github: "X-Hub-Signature-256",
  };

  test.each(SENT)("%s: a flipped bit in the body or the signature is refused", async (source, type) => {
    const before = (await loggedEvents()).length;
    const text = JSON.stringify({ id: "evt_flipped", type, data: { name: "ü" } });
    const { init } = webhook(source, type, { body: text });
    const headers = init.headers as Record<string, string>;
    const signature = Buffer.from(headers[SIGNATURE_HEADERS[source]] ?? "");
    for (const forged of flips(Buffer.from(text))) {
      expect((await send(`/webhooks/${source}`, { ...init, body: Uint8Array.from(forged) })).status).toBe(
        400,
      );
    }
    for (const forged of flips(signature)) {
      const changed = { ...headers, [SIGNATURE_HEADERS[source]]: forged.toString("latin1") };
      expect((await send(`/webhooks/${source}`, { ...init, headers: changed })).status).toBe(400);
    }
    expect(await loggedEvents()).toHaveLength(before);
  });

  describe("bodies", () => {
    const nested = (levels: number) => '{"a":'.repeat(levels) + "1" + "}".repeat(levels);

    test.each([
      ["a byte order mark", '\ufeff{"zen":"x"}'],
      ["names that a document cannot have", '{"$a":{"_b":1},"ключ":"é"}'],
      ["30 levels", nested(30)],
    ])("%s: the payload is stored unchanged", async (_what, body) => {
      const event = await processed("github", "push", { body });
      expect(event).toMatchObject({ status: "success", handled: true });
      expect((await read(event["id"]))["payload"]).toEqual(JSON.parse(body.replace("\ufeff", "")));
    });

    test.each([
      ["github", "push", 4],
      ["stripe", "invoice.paid", 1],
      ["clerk", "session.created", 1],
    ] as const)("a body of %s (%s) has at most %i MiB", async (source, type, mebibytes) => {
      const limit = mebibytes * 1024 * 1024;
      const head = `{"id":"evt_${source}_limit","type":"${type}","created":1,"x":"`;
      const sized = (bytes: number) => `${head}${"y".repeat(bytes - head.length - 2)}"}`;
      const id = `evt_${source}_limit`;
      const event = await processed(source, type, { id, body: sized(limit) });
      expect(event["status"]).toBe("success");
      expect(JSON.stringify((await read(event["id"]))["payload"])).toHaveLength(limit);
      await problem(post(source, type, { id, body: sized(limit + 1) }), 413, "payload_too_large");
    });

    describe("a form of GitHub", () => {
      const sendForm = (id: string, body: string) =>
        processed("github", "issues", {
          id,
          body,
          headers: (signed) => ({ ...signed, "Content-Type": "application/x-www-form-urlencoded" }),
        });

      test("is recorded like the JSON in its field payload", async () => {
        const json = JSON.stringify({
          action: "opened",
          issue: { title: "ü + % & = 😀" },
          repository: { full_name: "octo-org/octo-repo" },
          sender: { login: "octocat" },
        });
        const event = await sendForm("form", asForm(json).body);
        expect(event).toMatchObject({
          status: "success",
          handled: true,
          details: { action: "opened", repository: "octo-org/octo-repo", sender: "octocat" },
        });
        expect((await read(event["id"]))["payload"]).toEqual(JSON.parse(json));
      });

      test.each(["payload=", "payload=x", "payload=%7B%7", "payload=%7B%FF%7D", "payload=[1]"])(
        "with %s is refused, because it does not contain a JSON object",
        async (body) => {
          await problem(post("github", "issues", { body }), 400, "invalid_json");
        },
      );

      test("must be signed over the raw body", async () => {
        const { body } = asForm('{"zen":"x"}');
        await expectRejected(post("github", "ping", { body, secret: wrongSecret("github") }));
        await expectRejected(
          send("/webhooks/github", {
            ...webhook("github", "ping", { body: '{"zen":"x"}' }).init,
            body,
          }),
        );
      });
    });

    test.each(["", "x", "[1]", '"text"'])("the signed body %j is refused as invalid JSON", async (body) => {
      await problem(post("github", "push", { body }), 400, "invalid_json");
    });

    test.each(SENT)("%s: a signed body that is not JSON is refused as invalid JSON", async (source, type) => {
      await problem(post(source, type, { body: "x" }), 400, "invalid_json");
    });

    test.each(SENT)(
      "%s: a forged body that is not JSON is refused for its signature",
      async (source, type) => {
        await expectRejected(post(source, type, { body: "x", secret: wrongSecret(source) }));
      },
    );

    test("an id with a lone surrogate is refused", async () => {
      const body = String.raw`{"id":"\ud800","type":"invoice.paid","created":1}`;
      const refused = await problem(post("stripe", "invoice.paid", { body }), 400, "invalid_request");
      expect(refused.detail).toBe("id: must be a string");
      expect(refused.errors).toEqual([{ in: "body", path: "id", message: "must be a string" }]);
    });

    test("a signed body that is not UTF-8 is refused as invalid JSON", async () => {
      const body = Buffer.from([0x7b, 0xff, 0x7d]);
      const signature = `sha256=${createHmac("sha256", SECRETS.github).update(body).digest("hex")}`;
      const { init } = webhook("github", "push", {
        headers: (signed) => ({ ...signed, "X-Hub-Signature-256": signature }),
      });
      await problem(send("/webhooks/github", { ...init, body }), 400, "invalid_json");
    });
  });

  test("forged webhooks do not count against a rate limit", async () => {
    const replies = await Promise.all(
      Array.from({ length: 50 }, () => post("github", "ping", { secret: "guess" })),
    );
    for (const reply of replies) {
      expect(reply.status).toBe(400);
      expect(reply.headers.has("ratelimit")).toBe(false);
    }
  });
});

describe("without secrets", () => {
  useEngine();

  test.each(SENT)("%s refuses all webhooks", async (source, type) => {
    for (const options of [{}, { body: "x" }, { headers: () => ({}) }]) {
      const refused = await problem(post(source, type, options), 503, "not_configured");
      expect(refused.detail).toBe(`${source.toUpperCase()}_WEBHOOK_SECRET is not set`);
    }
  });
});

/** Yields one copy for each byte, with the lowest bit of this byte flipped. */
function* flips(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at++) {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
    yield copy;
  }
}
