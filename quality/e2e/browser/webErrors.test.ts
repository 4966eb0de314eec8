/** The example frontend where things are hard: slow and broken networks, keys that go, and no mouse. */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { checkedFetch } from "../../../openapi/contract/check";
import { create, items, opened, problem, signedIn, signIn, site, useTestSite } from "./frontend";

useTestSite();

const heading = (page: Page) => page.getByRole("heading", { name: "Items" });
const name = (page: Page) => page.locator("#create").getByRole("textbox", { name: "Name" });
const more = (page: Page) => page.getByRole("button", { name: "Show more" });

/** Waits until the keyboard is at an element: what is done after a reply is not done at once. */
async function focused(at: ReturnType<Page["locator"]>): Promise<void> {
  await at.and(at.page().locator(":focus")).waitFor();
}

/** Holds back what the page asks a path for, until it is let go. */
async function held(page: Page, path: string): Promise<() => void> {
  let letGo = () => {};
  const going = new Promise<void>((resolve) => (letGo = resolve));
  await page.route(`**${path}`, async (route) => {
    await going;
    await route.continue();
  });
  return () => letGo();
}

/** The page of somebody who has twelve items, with ten of them on it. */
async function dozen() {
  const visited = await signedIn();
  const { page, call } = visited;
  for (let n = 1; n <= 12; n++) await call("/api/items", { method: "POST", body: `{"name":"item ${n}"}` });
  await page.reload();
  await items(page).nth(9).waitFor();
  return visited;
}

describe("a slow network", () => {
  test("brings a page once, however often it is asked for", async () => {
    const { page } = await dozen();
    await more(page).evaluate((button: HTMLButtonElement) => {
      button.click();
      button.click();
    });
    await more(page).waitFor({ state: "hidden" });
    expect(await items(page).count()).toBe(12);
  });

  test("takes nothing of what is typed while it works, and shows that it does", async () => {
    const { page } = await signedIn();
    const letGo = await held(page, "/api/items");
    await create(page, "bolt");
    expect(await page.locator("#create").getAttribute("aria-busy")).toBe("true");
    await name(page).fill("nut");
    letGo();
    await page.getByRole("status").getByText("bolt is created.").waitFor();
    expect(await name(page).inputValue()).toBe("nut");
    expect(await page.locator("#create").getAttribute("aria-busy")).toBeNull();
  });

  test("does not ask for a key again that the tab has", async () => {
    const { page } = await signedIn();
    const letGo = await held(page, "/api/protected");
    await page.reload();
    expect(await page.getByRole("heading", { name: "Sign in" }).isVisible()).toBe(false);
    letGo();
    await heading(page).waitFor();
  });
});

describe("what stands in front of the API", () => {
  test.each(["<h1>Bad gateway</h1>", ""])("may answer %j, which is no problem", async (body) => {
    const { page } = await signedIn();
    const headers = {
      "Access-Control-Allow-Origin": "*",
      "Content-Type": "text/html",
      "Content-Length": String(body.length),
    };
    await page.route("**/api/items", (route) => route.fulfill({ status: 502, headers, body }));
    await create(page, "bolt");
    await problem(page).getByText("No answer").waitFor();
    await problem(page).getByText("502").waitFor();
    expect(await problem(page).textContent()).not.toContain("undefined");
  });
});

test("a key that is gone by the time of a reload can be put right at once", async () => {
  const { page, key, call } = await signedIn();
  const { id = "" } = await call("/api/protected");
  await checkedFetch(`${site.api.url}/api/keys/${id}`, { method: "DELETE", headers: { "X-API-Key": key } });
  await page.reload();
  await problem(page).getByText("Invalid API key").waitFor();
  await focused(page.getByRole("textbox", { name: "Key" }));
});

describe("from the keyboard", () => {
  test("signing in leads to the items", async () => {
    const { page } = await opened();
    await signIn(page, await site.key());
    await focused(heading(page));
  });

  test("the next page begins where it begins", async () => {
    const { page } = await dozen();
    await more(page).press("Enter");
    await focused(items(page).nth(10));
  });

  test("deleting leads to what comes next, and to the form in the end", async () => {
    const { page } = await signedIn();
    for (const one of ["bolt", "nut"]) {
      await create(page, one);
      await items(page).filter({ hasText: one }).waitFor();
    }
    const remove = page.getByRole("dialog").getByRole("button", { name: "Delete" });
    await items(page).first().press("Enter");
    await remove.press("Enter");
    await focused(items(page).filter({ hasText: "bolt" }));
    await page.keyboard.press("Enter");
    await remove.press("Enter");
    await focused(name(page));
  });

  test("closing a message leads back to where it came from", async () => {
    const { page } = await opened();
    await signIn(page, "nothing");
    const key = page.getByRole("textbox", { name: "Key" });
    await key.press("Enter");
    await problem(page).getByRole("button", { name: "Close the message" }).press("Enter");
    await focused(key);
  });

  test("the newer version of an item can be edited at once", async () => {
    const { page, call } = await signedIn();
    await create(page, "bolt");
    await items(page).press("Enter");
    const editor = page.getByRole("dialog");
    await editor.waitFor();
    const [item] = (await call("/api/items")) as unknown as { id: string }[];
    await call(`/api/items/${item?.id ?? ""}`, { method: "PATCH", body: '{"description":"theirs"}' });
    await editor.getByRole("button", { name: "Save" }).press("Enter");
    await editor.getByRole("button", { name: "Show the newer version" }).press("Enter");
    await focused(editor.getByRole("textbox", { name: "Name" }));
  });
});

test("a text is cut off at its end, whichever way it runs", async () => {
  const { page } = await signedIn();
  await create(page, "برغي", "M8");
  const directions = await items(page)
    .locator(".name, .description")
    .evaluateAll((texts) => texts.map((text) => getComputedStyle(text).direction));
  expect(directions).toEqual(["rtl", "ltr"]);
});

test("a file that is no picture stays where it is", async () => {
  const { page, call } = await signedIn();
  await page.getByText("No picture yet").waitFor();
  const buffer = Buffer.from("text");
  await page
    .getByLabel("Picture", { exact: true })
    .setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer });
  await page.getByRole("button", { name: "Upload" }).click();
  await page.getByRole("status").getByText("Choose a picture first.").waitFor();
  expect(await call("/api/files")).toEqual([]);
});
