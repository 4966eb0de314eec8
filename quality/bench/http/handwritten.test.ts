import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ByHand } from "./handwritten";
import { signedWebhook } from "./webhooks";

function open() {
  const directory = mkdtempSync(join(tmpdir(), "by-hand-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return new ByHand(directory);
}

test("items belong to the user of a key, and the pages contain each item once", async () => {
  const hand = open();
  const owner = hand.callerOf(hand.issueKey()) ?? "";
  const other = hand.callerOf(hand.issueKey()) ?? "";
  expect(hand.callerOf("another key")).toBeUndefined();

  const made = await Promise.all(["a", "b", "c", "d", "e"].map((name) => hand.create(owner, { name })));
  const changed = await hand.change(owner, made[0]?.id ?? "", { name: "z" });
  expect(hand.itemOf(owner, changed?.id ?? "")).toMatchObject({ name: "z" });
  expect(hand.itemOf(other, changed?.id ?? "")).toBeUndefined();
  expect(await hand.change(other, changed?.id ?? "", { name: "y" })).toBeUndefined();

  const seen: string[] = [];
  let after: string | null | undefined = null;
  while (after !== undefined) {
    const { items, next }: { items: { id: string }[]; next?: string } = hand.list(owner, 2, after);
    seen.push(...items.map(({ id }) => id));
    after = next;
  }
  expect(seen.sort()).toEqual(made.map(({ id }) => id).sort());
  expect(hand.list(other, 2, null).items).toEqual([]);
});

test.each([0, 1, 2])("webhook %i of each source is verified", async (n) => {
  const hand = open();
  const { path, headers, body } = signedWebhook(n);
  const source = path.slice("/webhooks/".length);
  const lowered = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const receive = (text: string) => hand.receive(source, (name) => lowered.get(name), text);
  expect(await receive(body)).toBe(true);
  expect(await receive(`${body} `)).toBe(false);
});
