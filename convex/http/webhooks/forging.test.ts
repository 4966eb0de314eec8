/** Forged webhooks are refused and not stored. */
import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { now, send, useEngine } from "../testing/engine.testing";
import { problem } from "../testing/replies.testing";
import { EACH_SOURCE, secretFor } from "../testing/sources.testing";
import { SECRETS, WEBHOOK_ENV } from "../testing/webhooks.testing";
import { source as clerk } from "./clerk.source.testing";
import { refused, signed } from "./forging.testing";

const OLD = 10 * 60_000;
const seconds = () => Math.floor(now() / 1000);

describe("with secrets", () => {
  useEngine({ env: WEBHOOK_ENV });

  test.each(EACH_SOURCE)("%s: a valid signature of another body is refused", async (name, source) => {
    const { headers, body } = signed(source);
    await refused(name, `${body} `, headers);
    await refused(name, body.replace("{", "{ "), headers);
    await refused(name, '{"id":"evt_other","type":"invoice.paid"}', headers);
    await refused(name, "", headers);
  });

  test.each(EACH_SOURCE)(
    "%s: a signature with the secret of another source is refused",
    async (name, source) => {
      const others = EACH_SOURCE.filter(([, other]) => other !== source).map(([other]) => SECRETS[other]);
      for (const other of [...others, "the secret of a source that is not here"]) {
        const { headers, body } = signed(source, { secret: secretFor(source, other) });
        await refused(name, body, headers);
      }
    },
  );

  test.each(EACH_SOURCE)(
    "%s: a signature in the format of another source is refused",
    async (name, source) => {
      const { headers, body } = signed(source);
      const own = headers[source.signatureHeader];
      const hex = createHmac("sha256", SECRETS[name]).update(body).digest("hex");
      const others = EACH_SOURCE.filter(([, other]) => other !== source).map(
        ([, other]) => signed(other, { body }).headers[other.signatureHeader] ?? "",
      );
      for (const foreign of [...others, hex, `hmac ${hex}`]) {
        expect(foreign).not.toBe(own);
        await refused(name, body, { ...headers, [source.signatureHeader]: foreign });
      }
    },
  );

  test.each(EACH_SOURCE)(
    "%s: a signature with an empty or a placeholder secret is refused",
    async (name, source) => {
      const { headers, body } = signed(source);
      for (const secret of [" ", "undefined", "null", "whsec_"]) {
        const signature = source.sign(secret, body, seconds());
        await refused(name, body, { ...headers, [source.signatureHeader]: signature });
      }
    },
  );

  test.each(EACH_SOURCE.filter(([, { withTime }]) => withTime))(
    "%s: an old signature with a changed time is refused",
    async (name, source) => {
      const { headers, body } = signed(source, { now: now() - OLD });
      await refused(name, body, headers);
      const forgeries = source.withTime?.(headers, String(seconds())) ?? [];
      expect(forgeries).not.toEqual([]);
      for (const forged of forgeries) await refused(name, body, forged);
    },
  );

  test.each(EACH_SOURCE)("%s: a hundred wrong signatures are refused", async (name, source) => {
    const { headers, body } = signed(source, { secret: secretFor(source, "guess") });
    const { signatureHeader, separator } = source;
    const wrong = Array<string>(100).fill(headers[signatureHeader] ?? "");
    await refused(name, body, { ...headers, [signatureHeader]: wrong.join(separator) });
  });

  test("clerk: a webhook is accepted if one of its v1 signatures verifies", async () => {
    const { headers, body } = signed(clerk);
    const good = headers["svix-signature"] ?? "";
    const wrong = `v1,${Buffer.alloc(32).toString("base64")}`;
    await refused("clerk", body, { ...headers, "svix-signature": good.replace("v1,", "v2,") });
    const both = { ...headers, "svix-signature": `${wrong} ${good}` };
    expect((await send("/webhooks/clerk", { method: "POST", body, headers: both })).status).toBe(200);
  });

  test("clerk: a changed id is refused, because the id is signed too", async () => {
    const { headers, body } = signed(clerk);
    await refused("clerk", body, { ...headers, "svix-id": "msg_other" });
  });
});

describe.each(["", " ", ",", " , ,"])("with the secrets %j", (setting) => {
  const env = Object.fromEntries(Object.keys(WEBHOOK_ENV).map((name) => [name, setting]));
  useEngine({ env });

  test.each(EACH_SOURCE)(
    "%s refuses all webhooks, even a signature with an empty secret",
    async (name, source) => {
      const { headers, body } = signed(source);
      const empty = { ...headers, [source.signatureHeader]: source.sign("", body, seconds()) };
      for (const sent of [headers, empty]) {
        const reply = send(`/webhooks/${name}`, { method: "POST", body, headers: sent });
        await problem(reply, 503, "not_configured");
      }
    },
  );
});
