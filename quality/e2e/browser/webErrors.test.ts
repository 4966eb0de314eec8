/** The example frontend in difficult conditions: slow and broken networks, revoked keys, and keyboard use. */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { checkedFetch } from "../../../openapi/contract/check";
import { create, items, opened, problem, signedIn, signIn, site, useTestSite } from "./frontend";

useTestSite();

const heading = (page: Page) => page.getByRole("heading", { name: "Items" });
const name = (page: Page) => page.locator("#create").getByRole("textbox", { name: "Name" });
const more = (page: Page) => page.getByRole("button", { name: "Show more" });

/** Waits until an element has the focus, which the page may move only after a reply. */
async function focused(at: ReturnType<Page["locator"]>): Promise<void> {
  await at.and(at.page().locator(":focus")).waitFor();
}

/** Delays the page's requests to a path. @returns a function that lets them continue. */
async function delayed(page: Page, path: string): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(`**${path}`, async (route) => {
    await released;
    await route.continue();
  });
  return () => release();
}

/** Opens the page of a user with twelve items. It shows the first ten. */
async function dozen() {
  const visited = await signedIn();
  const { page, call } = visited;
  for (let n = 1; n <= 12; n++) await call("/api/items", { method: "POST", body: `{"name":"item ${n}"}` });
  await page.reload();
  await items(page).nth(9).waitFor();
  return visited;
}

describe("a slow network", () => {
  test("loads a page of items once after two clicks", async () => {
    const { page } = await dozen();
    await more(page).evaluate((button: HTMLButtonElement) => {
      button.click();
      button.click();
    });
    await items(page).nth(11).waitFor();
    await more(page).waitFor({ state: "hidden" });
    expect(await items(page).count()).toBe(12);
  });

  test("keeps text that is typed during a request, and marks the form as busy", async () => {
    const { page } = await signedIn();
    const release = await delayed(page, "/api/items");
    await create(page, "bolt");
    expect(await page.locator("#create").getAttribute("aria-busy")).toBe("true");
    await name(page).fill("nut");
    release();
    await page.getByRole("status").getByText("bolt is created.").waitFor();
    expect(await name(page).inputValue()).toBe("nut");
    expect(await page.locator("#create").getAttribute("aria-busy")).toBeNull();
  });

  test("does not show the sign-in form if the tab has a key", async () => {
    const { page } = await signedIn();
    const release = await delayed(page, "/api/protected");
    await page.reload();
    expect(await page.getByRole("heading", { name: "Sign in" }).isVisible()).toBe(false);
    release();
    await heading(page).waitFor();
  });
});

describe("a gateway in front of the API", () => {
  test.each(["<h1>Bad gateway</h1>", ""])(
    "may answer %j, which is shown without a problem's fields",
    async (body) => {
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
    },
  );
});

test("offline is called offline, and is not blamed on the API's settings", async () => {
  const { page } = await signedIn();
  await page.context().setOffline(true);
  await create(page, "bolt");
  await problem(page).getByText("You are offline").waitFor();
  expect(await problem(page).textContent()).not.toContain("CORS");
  expect(await name(page).inputValue()).toBe("bolt");
});

test("after a reload with a revoked key, the key field has the focus", async () => {
  const { page, key, call } = await signedIn();
  const { id = "" } = await call("/api/protected");
  await checkedFetch(`${site.api.url}/api/keys/${id}`, { method: "DELETE", headers: { "X-API-Key": key } });
  await page.reload();
  await problem(page).getByText("Invalid API key").waitFor();
  await focused(page.getByRole("textbox", { name: "Key" }));
});

describe("from the keyboard", () => {
  test("signing in moves the focus to the items", async () => {
    const { page } = await opened();
    await signIn(page, await site.key());
    await focused(heading(page));
  });

  test("loading the next page moves the focus to its first item", async () => {
    const { page } = await dozen();
    await more(page).press("Enter");
    await focused(items(page).nth(10));
  });

  test("deleting moves the focus to the next item, and after the last one to the form", async () => {
    const { page } = await signedIn();
    for (const item of ["bolt", "nut"]) {
      await create(page, item);
      await items(page).filter({ hasText: item }).waitFor();
    }
    const remove = page.getByRole("dialog").getByRole("button", { name: "Delete" });
    await items(page).first().press("Enter");
    await remove.press("Enter");
    await focused(items(page).filter({ hasText: "bolt" }));
    await page.keyboard.press("Enter");
    await remove.press("Enter");
    await focused(name(page));
  });

  test("closing a message moves the focus back", async () => {
    const { page } = await opened();
    await signIn(page, "nothing");
    const key = page.getByRole("textbox", { name: "Key" });
    await key.press("Enter");
    await problem(page).getByRole("button", { name: "Close the message" }).press("Enter");
    await focused(key);
  });

  test("showing the newer version of an item moves the focus to its name", async () => {
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

test("each text is laid out in its own direction", async () => {
  const { page } = await signedIn();
  await create(page, "برغي", "M8");
  await items(page).waitFor();
  const directions = await items(page)
    .locator(".name, .description")
    .evaluateAll((texts) => texts.map((text) => getComputedStyle(text).direction));
  expect(directions).toEqual(["rtl", "ltr"]);
});

test("a file that is not a picture is not uploaded", async () => {
  const { page, call } = await signedIn();
  await page.getByText("No picture yet").waitFor();
  const buffer = Buffer.from("text");
  await page
    .getByLabel("Picture", { exact: true })
    .setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer });
  await page.getByRole("button", { name: "Upload" }).click();
  await page.locator("#upload").getByText("Choose a picture first.").waitFor();
  expect(await call("/api/files")).toEqual([]);
});
