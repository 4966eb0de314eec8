/** The webhooks of all sources. Files with the name of a source test its particularities. */
import { describe, expect, test } from "vitest";
import { send, useEngine } from "../testing/engine.testing";
import { problem } from "../testing/replies.testing";
import { EACH_SOURCE, secretFor } from "../testing/sources.testing";
import {
  expectRejected,
  loggedEvents,
  post,
  processed,
  read,
  webhook,
  WEBHOOK_ENV,
} from "../testing/webhooks.testing";

const MINUTE = 60_000;

describe("with secrets", () => {
  useEngine({ env: WEBHOOK_ENV });

  test.each(EACH_SOURCE)("%s: a correctly signed webhook returns 200 OK", async (name, { type }) => {
    const reply = await post(name, type);
    expect(reply.status).toBe(200);
    expect(await reply.text()).toBe("OK");
    expect(reply.headers.has("access-control-allow-origin")).toBe(false);
  });

  test.each(EACH_SOURCE)("%s: a webhook without a signature is refused", async (name, source) => {
    const { type, signatureHeader, unsigned } = source;
    for (const remaining of [{}, { "X-GitHub-Event": type }]) {
      const refused = await problem(post(name, type, { headers: () => remaining }), 400, "webhook_unsigned");
      expect(refused.detail).toBe(unsigned);
    }
    const headers = ({ [signatureHeader]: _, ...others }: Record<string, string>) => others;
    expect((await problem(post(name, type, { headers }), 400, "webhook_unsigned")).detail).toBe(unsigned);
  });

  test.each(EACH_SOURCE)(
    "%s: a signature with another secret is refused, and nothing is stored",
    async (name, source) => {
      await expectRejected(post(name, source.type, { secret: secretFor(source, "another") }));
    },
  );

  test.each(EACH_SOURCE.filter(([, { withTime }]) => withTime))(
    "%s: a signature whose time differs by more than five minutes is refused",
    async (name, { type }) => {
      for (const age of [-6 * MINUTE, 6 * MINUTE]) {
        await expectRejected(post(name, type, { now: Date.now() + age }));
      }
      for (const age of [-4 * MINUTE, 4 * MINUTE]) {
        expect((await post(name, type, { now: Date.now() + age })).status).toBe(200);
      }
    },
  );

  test.each(EACH_SOURCE)("%s: a signature with any of the secrets is accepted", async (name, source) => {
    for (const secret of source.secrets) expect((await post(name, source.type, { secret })).status).toBe(200);
  });

  test.each(EACH_SOURCE)(
    "%s: a flipped bit in the body or the signature is refused",
    async (name, { type, signatureHeader }) => {
      const before = (await loggedEvents()).length;
      const text = JSON.stringify({ id: "evt_flipped", type, data: { name: "ü" } });
      const { init } = webhook(name, type, { body: text });
      const headers = init.headers as Record<string, string>;
      const signature = Buffer.from(headers[signatureHeader] ?? "");
      for (const forged of flips(Buffer.from(text))) {
        const reply = await send(`/webhooks/${name}`, { ...init, body: Uint8Array.from(forged) });
        expect(reply.status).toBe(400);
      }
      for (const forged of flips(signature)) {
        const changed = { ...headers, [signatureHeader]: forged.toString("latin1") };
        expect((await send(`/webhooks/${name}`, { ...init, headers: changed })).status).toBe(400);
      }
      expect(await loggedEvents()).toHaveLength(before);
    },
  );

  describe.each(EACH_SOURCE)("%s: a body", (name, source) => {
    const { type, handled, mebibytes } = source;
    /** Returns the text of an event with the members that any source needs, and one more. */
    const eventWith = (id: string, member: string) => `{"id":"${id}","type":"${type}","created":1,${member}}`;
    const nested = (levels: number) => '{"a":'.repeat(levels) + "1" + "}".repeat(levels);

    test.each([
      ["a byte order mark", `\ufeff${eventWith(`evt_${name}_mark`, '"zen":"x"')}`],
      ["names that a document cannot have", eventWith(`evt_${name}_names`, '"$a":{"_b":1},"ключ":"é"')],
      ["30 levels", eventWith(`evt_${name}_levels`, `"a":${nested(29)}`)],
    ])("with %s: the payload is stored unchanged", async (what, body) => {
      const id = /"id":"(\w+)"/.exec(body)?.[1] ?? what;
      const event = await processed(name, type, { id, body });
      expect(event).toMatchObject({ status: "success", handled });
      expect((await read(event["id"]))["payload"]).toEqual(JSON.parse(body.replace("\ufeff", "")));
    });

    test(`has at most ${mebibytes} MiB`, async () => {
      const limit = mebibytes * 1024 * 1024;
      const id = `evt_${name}_limit`;
      const sized = (bytes: number) => {
        const empty = eventWith(id, '"x":""');
        return eventWith(id, `"x":"${"y".repeat(bytes - empty.length)}"`);
      };
      const event = await processed(name, type, { id, body: sized(limit) });
      expect(event["status"]).toBe("success");
      expect(JSON.stringify((await read(event["id"]))["payload"])).toHaveLength(limit);
      await problem(post(name, type, { id, body: sized(limit + 1) }), 413, "payload_too_large");
    });

    test.each(["x", "[1]", '"text"'])("that is signed and not a JSON object is refused: %s", async (body) => {
      await problem(post(name, type, { body }), 400, "invalid_json");
    });

    test("that is forged and not JSON is refused for its signature", async () => {
      await expectRejected(post(name, type, { body: "x", secret: secretFor(source, "another") }));
    });
  });

  test("forged webhooks do not count against a rate limit", async () => {
    const secret = `whsec_${Buffer.from("guess").toString("base64")}`;
    const replies = await Promise.all(
      Array.from({ length: 50 }, () => post("clerk", "session.created", { secret })),
    );
    for (const reply of replies) {
      expect(reply.status).toBe(400);
      expect(reply.headers.has("ratelimit")).toBe(false);
    }
  });
});

describe("without secrets", () => {
  useEngine();

  test.each(EACH_SOURCE)("%s refuses all webhooks", async (name, { type }) => {
    for (const options of [{}, { body: "x" }, { headers: () => ({}) }]) {
      const refused = await problem(post(name, type, options), 503, "not_configured");
      expect(refused.detail).toBe(`${name.toUpperCase()}_WEBHOOK_SECRET is not set`);
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
