import { randomUUID } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { json, page, problem, type Json } from "../../../convex/http/testing/replies.testing";
import { EACH_SOURCE } from "../../../convex/http/testing/sources.testing";
import { eventually, uniqueName, root } from "./client";
import { describeWith } from "./describeWith";
import { deliver, event, logged, processed, receiverOf } from "./events";

for (const [source, { type, unsigned }] of EACH_SOURCE) {
  describeWith(["--key", `--${source}-secret`, receiverOf(source)], source, () => {
    test("an event that is sent several times is logged and processed once", async () => {
      const sent = event(source, type);
      const entry = await processed(sent);
      expect(entry).toMatchObject({ source, status: "success", attempts: 1 });
      const copies = await Promise.all([deliver(sent), deliver(sent), deliver(sent)]);
      expect(copies.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(await logged(sent)).toEqual([entry]);
      const { payload, ...shown } = await json(root("GET", `/api/webhook-events/${String(entry["id"])}`));
      expect(shown).toEqual(entry);
      expect(payload).toBeTypeOf("object");
    });

    test("an event with a changed body is refused and not logged", async () => {
      const sent = event(source, type);
      const forged = { ...sent, body: sent.body.replace("{", "{ ") };
      const { detail } = await problem(deliver(forged), 400, "webhook_rejected");
      expect(detail).toBe("Webhook verification failed");
      expect(await logged(sent)).toEqual([]);
    });

    test("an event without a signature is refused", async () => {
      const reply = deliver({ ...event(source, type), headers: {} });
      const { detail } = await problem(reply, 400, "webhook_unsigned");
      expect(detail).toBe(unsigned);
    });
  });
}

for (const [source, { type, withTime }] of EACH_SOURCE) {
  if (withTime === undefined) continue;
  describeWith([`--${source}-secret`, receiverOf(source)], `${source}'s clock`, () => {
    test.each([600_000, -600_000])("an event that was signed %i ms ago is refused", async (ago) => {
      await problem(deliver(event(source, type, undefined, ago)), 400, "webhook_rejected");
    });
  });
}

describeWith(["--key", "--clerk-secret", receiverOf("clerk")], "effects of Clerk's events", () => {
  test("a user is created, changed and deleted", async () => {
    const clerkId = `user_${randomUUID()}`;
    const about = {
      id: clerkId,
      email_addresses: [
        {
          id: "idn_1",
          email_address: `${uniqueName()}@example.com`,
          verification: { status: "verified", strategy: "email_code" },
        },
      ],
      primary_email_address_id: "idn_1",
    };
    const tell = (type: string, more: Json = about) =>
      processed(event("clerk", type, (made) => Object.assign(made["data"] as Json, more)));
    onTestFinished(async () => {
      await tell("user.deleted", { id: clerkId });
    });
    const user = async () =>
      (await page(root("GET", "/api/users?limit=100"))).find((user) => user["clerkId"] === clerkId);

    await tell("user.created");
    expect(await user()).toMatchObject({ name: "Ada Lovelace" });
    await tell("user.updated", { ...about, last_name: "King", banned: true });
    expect(await user()).toMatchObject({ name: "Ada King", suspended: true });
    await tell("user.updated", about);
    expect(await user()).not.toHaveProperty("suspended");
    await tell("user.deleted", { id: clerkId });
    expect(await user()).toBeUndefined();
  });

  test("an event can be processed again", async () => {
    const { id } = await processed(event("clerk", "session.created"));
    await json(root("POST", `/api/webhook-events/${String(id)}/replay`), 202);
    const again = await eventually(async () => {
      const entry = await json(root("GET", `/api/webhook-events/${String(id)}`));
      return entry["status"] === "pending" ? undefined : entry;
    });
    expect(again).toMatchObject({ id, status: "success" });
  });
});
