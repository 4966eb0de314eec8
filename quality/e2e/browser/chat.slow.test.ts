/** The chat example: live queries in React, on the embedded runtime, in several tabs of Chromium. */
import { expect, test } from "vitest";
import { api } from "../../../examples/chat/convex/_generated/api";
import { temporaryDirectory } from "../../lib/testServer";
import {
  bodies,
  connection,
  guest,
  joined,
  list,
  messageBox,
  openChat,
  recordLists,
  sendAll,
  serveChat,
  useChat,
  write,
} from "./chat";

useChat();

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `message ${from + i}`);

test("a message appears in all tabs without a reload", async () => {
  await serveChat();
  const [ada, bob] = [await joined("ada"), await joined("bob")];
  await write(ada.page, "hello");
  await list(bob.page).getByText("hello").waitFor();
  await write(bob.page, "good morning");
  await list(ada.page).getByText("good morning").waitFor();
  expect(await bodies(ada.page)).toEqual(["good morning", "hello"]);
  expect(await bodies(bob.page)).toEqual(["good morning", "hello"]);
  expect([...ada.complaints, ...bob.complaints, ...ada.outside]).toEqual([]);
});

test("an optimistic message appears at once and is replaced by the stored one in one step", async () => {
  await serveChat();
  const [ada, bob] = [await joined("ada"), await joined("bob")];
  const seen = await recordLists(ada.page);
  ada.hold();
  await write(ada.page, "hello");
  await list(bob.page).getByText("hello").waitFor();
  expect(await bodies(ada.page)).toEqual(["hello"]);
  await connection(ada.page, "sending");
  ada.release();
  await connection(ada.page, "live");
  expect(await seen()).toEqual([[], ["hello"]]);
});

test("an optimistic message disappears when the function refuses it, and its text is not lost", async () => {
  await serveChat();
  const ada = await joined("ada");
  await write(ada.page, "hello");
  await connection(ada.page, "live");
  const seen = await recordLists(ada.page);
  const long = "x".repeat(501);
  ada.hold();
  await write(ada.page, long);
  await list(ada.page).getByText(long).waitFor();
  ada.release();
  await ada.page.getByRole("alert").getByText("A message may have at most 500 characters.").waitFor();
  expect(await seen()).toEqual([["hello"], [long, "hello"], ["hello"]]);
  expect(await messageBox(ada.page).inputValue()).toBe(long);
});

test("pages grow, split and shrink while other guests write and delete", async () => {
  await serveChat();
  const bob = await guest("bob");
  await sendAll(bob, numbered(1, 50));
  const ada = await joined("ada");
  const items = list(ada.page).getByRole("listitem");
  await items.nth(19).waitFor();
  expect(await bodies(ada.page)).toEqual(numbered(31, 50).toReversed());
  await ada.page.getByRole("button", { name: "Show older messages" }).click();
  await items.nth(39).waitFor();

  // The first page grows from 20 to 45 messages, and the client splits it.
  await sendAll(bob, numbered(51, 75));
  await items.nth(64).waitFor();
  expect(await bodies(ada.page)).toEqual(numbered(11, 75).toReversed());
  await expect.poll(() => ada.sent.some((message) => message.includes('"endCursor":"'))).toBe(true);
  await connection(ada.page, "live");
  expect(await bodies(ada.page)).toEqual(numbered(11, 75).toReversed());

  const { page: newest } = await bob.query(api.messages.list, {
    paginationOpts: { cursor: null, numItems: 60 },
  });
  for (const { _id: id } of newest) await bob.mutation(api.messages.remove, { id });
  await items.nth(5).waitFor({ state: "detached" });
  expect(await bodies(ada.page)).toEqual(numbered(11, 15).toReversed());
  await sendAll(bob, ["new"]);
  await items.nth(5).waitFor();
  await ada.page.getByRole("button", { name: "Show older messages" }).click();
  await items.nth(15).waitFor();
  expect(await bodies(ada.page)).toEqual(["new", ...numbered(1, 15).toReversed()]);
  expect(ada.complaints).toEqual([]);
});

test("the results of a search follow new and deleted messages", async () => {
  await serveChat();
  const bob = await guest("bob");
  await sendAll(bob, ["a quick fox", "a lazy dog"]);
  const ada = await joined("ada");
  await ada.page.getByRole("searchbox", { name: "Search" }).fill("qui");
  const found = list(ada.page, "Found messages");
  await found.getByText("a quick fox").waitFor();
  expect(await found.getByRole("listitem").count()).toBe(1);
  const id = await bob.mutation(api.messages.send, { body: "be quiet" });
  await found.getByText("be quiet").waitFor();
  await bob.mutation(api.messages.remove, { id });
  await found.getByText("be quiet").waitFor({ state: "detached" });
  expect(await bodies(ada.page, "Found messages")).toEqual(["a quick fox"]);
});

test("a guest deletes only own messages", async () => {
  await serveChat();
  await sendAll(await guest("bob"), ["from bob"]);
  const ada = await joined("ada");
  await write(ada.page, "from ada");
  const own = list(ada.page).getByRole("listitem").filter({ hasText: "from ada" });
  await own.getByRole("button", { name: "Delete" }).click();
  await own.waitFor({ state: "detached" });
  await connection(ada.page, "live");
  expect(await bodies(ada.page)).toEqual(["from bob"]);
  expect(await ada.page.getByRole("button", { name: "Delete" }).count()).toBe(0);
});

test("after hard kills, messages that were written meanwhile arrive once and in order", async () => {
  const data = temporaryDirectory();
  let server = await serveChat(data);
  const [ada, bob] = [await joined("ada"), await joined("bob")];
  const expected: string[] = [];
  for (const round of [1, 2, 3]) {
    // The kill interrupts a message whose answer has not arrived.
    ada.hold();
    await write(ada.page, `before kill ${round}`);
    await list(ada.page).getByText(`before kill ${round}`).waitFor();
    await server.kill();
    ada.release();
    await connection(ada.page, "offline");
    await connection(bob.page, "offline");
    await write(ada.page, `after kill ${round}`);
    expected.unshift(`after kill ${round}`, `before kill ${round}`);
    expect(await bodies(ada.page)).toEqual(expected);
    server = await serveChat(data);
    await connection(ada.page, "live");
    await connection(bob.page, "live");
    await list(bob.page).getByText(`after kill ${round}`).waitFor();
    expect(await bodies(ada.page)).toEqual(expected);
    expect(await bodies(bob.page)).toEqual(expected);
  }
});

test("a guest stays logged in after a reload and a restart, and leaves", async () => {
  const data = temporaryDirectory();
  const server = await serveChat(data);
  const ada = await joined("ada");
  const account = ada.page.locator(".account");
  await account.getByText("ada").waitFor();
  await server.kill();
  await connection(ada.page, "offline");
  await serveChat(data);
  await write(ada.page, "hello");
  await connection(ada.page, "live");
  await ada.page.reload();
  await account.getByText("ada").waitFor();
  await list(ada.page).getByText("hello").waitFor();
  await ada.page.getByRole("button", { name: "Leave" }).click();
  await ada.page.getByRole("button", { name: "Join" }).waitFor();
  expect(await messageBox(ada.page).count()).toBe(0);
  expect(await ada.page.evaluate(() => sessionStorage.length)).toBe(0);
});

test("a name that the functions refuse does not join", async () => {
  await serveChat();
  const tab = await openChat();
  await tab.page.getByRole("textbox", { name: "Your name" }).fill("  ");
  await tab.page.getByRole("button", { name: "Join" }).click();
  await expect.poll(() => tab.complaints.join()).toContain("A name needs 1 to 30 characters.");
  await tab.page.getByRole("textbox", { name: "Your name" }).waitFor();
  expect(await messageBox(tab.page).count()).toBe(0);
});
