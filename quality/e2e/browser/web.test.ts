/** The example frontend, on another origin than the API. */
import { describe, expect, test } from "vitest";
import { create, items, opened, problem, signedIn, signIn, site, useTestSite } from "./frontend";
import { inEachTheme, violations } from "./look";

useTestSite();

describe("signing in", () => {
  test("works from the keyboard, and lasts as long as the tab", async () => {
    const { page, complaints } = await opened();
    await page.keyboard.type(await site.key());
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Items" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Items" }).waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("with a bad key shows the problem and the request id", async () => {
    const { page } = await opened();
    const [replied] = await Promise.all([
      page.waitForResponse(
        (reply) => reply.request().method() === "GET" && reply.url().endsWith("/api/protected"),
      ),
      signIn(page, "nothing"),
    ]);
    await problem(page).getByText("Invalid API key").waitFor();
    const id = (await replied.allHeaders())["x-request-id"] ?? "no id";
    expect(await problem(page).textContent()).toContain(id);
    const link = problem(page).getByRole("link", { name: "403 invalid_credential" });
    expect(await link.getAttribute("href")).toBe(`${site.api.url}/problems/invalid_credential`);
  });

  test("from an origin that the API refuses shows the reason", async () => {
    const { page } = await opened("other.localhost");
    await signIn(page, await site.key());
    await problem(page)
      .getByText(`does not allow ${site.origin("other.localhost")}`)
      .waitFor();
  });
});

test("a key with few scopes shows what it can do, and no form that it cannot send", async () => {
  const { page } = await opened();
  await signIn(page, await site.key(["items:read"]));
  await page.getByText("This key has the scopes items:read.").waitFor();
  await page.getByText("Nothing here yet").waitFor();
  const section = (name: string) => page.getByRole("region", { name });
  await section("Webhooks").getByText("lacks the scope endpoints:read").waitFor();
  await section("Pictures").getByText("lacks the scope files:read").waitFor();
  for (const name of ["Create", "Register", "Upload"])
    expect(await page.getByRole("button", { name }).isVisible()).toBe(false);
  expect(await problem(page).isVisible()).toBe(false);
});

describe("items", () => {
  test("are created, edited and deleted", async () => {
    const { page, call, complaints } = await signedIn();
    await create(page, "bolt", "M8, stainless");
    await create(page, "nut");
    await items(page).nth(1).waitFor();
    expect(await items(page).locator(".name").allTextContents()).toEqual(["nut", "bolt"]);
    expect(await call("/api/items")).toMatchObject([{ name: "nut" }, { description: "M8, stainless" }]);

    await items(page).nth(1).click();
    const editor = page.getByRole("dialog", { name: "Edit the item" });
    await editor.getByRole("textbox", { name: "Description" }).fill("M10");
    await editor.getByRole("button", { name: "Save" }).click();
    await page.getByRole("status").getByText("bolt is saved.").waitFor();
    expect(await items(page).nth(1).textContent()).toContain("M10");

    await items(page).first().click();
    await editor.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("status").getByText("nut is deleted.").waitFor();
    expect(await call("/api/items")).toMatchObject([{ name: "bolt", description: "M10" }]);

    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("status").getByText("nut is back.").waitFor();
    expect(await call("/api/items")).toMatchObject([{ name: "nut" }, { name: "bolt" }]);
    expect(await items(page).locator(".name").allTextContents()).toEqual(["nut", "bolt"]);
    expect(await page.getByRole("button", { name: "Undo" }).isVisible()).toBe(false);
    expect(complaints).toEqual([]);
  });

  test("that are submitted twice are created and shown once", async () => {
    const { page } = await signedIn();
    await page.getByRole("textbox", { name: "Name" }).fill("bolt");
    await page.locator("#create").evaluate((form: HTMLFormElement) => {
      form.requestSubmit();
      form.requestSubmit();
    });
    await page.getByRole("status").getByText("bolt is created.").waitFor();
    await create(page, "nut");
    await items(page).filter({ hasText: "nut" }).waitFor();
    expect(await items(page).locator(".name").allTextContents()).toEqual(["nut", "bolt"]);
  });

  test("that another client has changed are not overwritten", async () => {
    const { page, call } = await signedIn();
    await create(page, "bolt");
    await items(page).click();
    const editor = page.getByRole("dialog");
    await editor.waitFor();
    const [item] = (await call("/api/items")) as unknown as { id: string }[];
    const id = item?.id ?? "";
    await call(`/api/items/${id}`, { method: "PATCH", body: '{"description":"theirs"}' });

    await editor.getByRole("textbox", { name: "Description" }).fill("mine");
    await editor.getByRole("button", { name: "Save" }).click();
    await editor.getByText("This item has changed since").waitFor();
    expect(await call(`/api/items/${id}`)).toMatchObject({ description: "theirs" });

    await editor.getByRole("button", { name: "Show the newer version" }).click();
    await editor.getByText("This item has changed since").waitFor({ state: "hidden" });
    expect(await editor.getByRole("textbox", { name: "Description" }).inputValue()).toBe("theirs");
    await editor.getByRole("textbox", { name: "Description" }).fill("both");
    await editor.getByRole("button", { name: "Save" }).click();
    await editor.waitFor({ state: "hidden" });
    expect(await call(`/api/items/${id}`)).toMatchObject({ description: "both" });
  });

  test("are loaded page by page", async () => {
    const { page, call } = await signedIn();
    for (let n = 1; n <= 12; n++) await call("/api/items", { method: "POST", body: `{"name":"item ${n}"}` });
    await page.reload();
    await items(page).nth(9).waitFor();
    await page.getByRole("button", { name: "Show more" }).click();
    await items(page).nth(11).waitFor();
    expect(await items(page).last().textContent()).toContain("item 1");
    expect(await page.getByRole("button", { name: "Show more" }).isVisible()).toBe(false);
  });

  test("with an invalid field show the error at the field", async () => {
    const { page } = await signedIn();
    await create(page, " ");
    await page.getByText("must not be empty").waitFor();
    const name = page.getByRole("textbox", { name: "Name" });
    expect(await name.getAttribute("aria-invalid")).toBe("true");
    const description = await name.getAttribute("aria-describedby");
    expect(await page.locator(`#${description ?? ""}`).textContent()).toBe("must not be empty");
    expect(await name.evaluate((field) => field === document.activeElement)).toBe(true);
    await create(page, "bolt");
    await items(page).waitFor();
    expect(await page.getByText("must not be empty").count()).toBe(0);
  });
});

describe("the page", () => {
  test.each([320, 390, 768, 1280])("fits into %i pixels", async (width) => {
    const { page } = await signedIn();
    await create(page, "bolt with a very long name ".repeat(7).trim(), "M8, stainless ".repeat(20).trim());
    await items(page).waitFor();
    await page.setViewportSize({ width, height: 800 });
    const toast = await page.locator("#notice").boundingBox();
    expect((toast?.x ?? 0) + (toast?.width ?? width)).toBeLessThan(width);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });

  test("fulfils the rules of accessibility before and after signing in, and in the editor", async () => {
    const { page } = await opened();
    const check = () => inEachTheme(page, violations);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await check()).toEqual([]);
    await signIn(page, await site.key());
    await page.getByText("Nothing here yet").waitFor();
    await create(page, "bolt", "M8, stainless");
    await items(page).waitFor();
    expect(await check()).toEqual([]);
    await items(page).click();
    await page.getByRole("dialog").waitFor();
    expect(await check()).toEqual([]);
  });

  test("has a label for every control", async () => {
    const { page } = await signedIn();
    const unnamed = await page.evaluate(() =>
      [...document.querySelectorAll("input, textarea, button")]
        .filter(
          (control) =>
            !(control.getAttribute("aria-label") ?? control.closest("label, button")?.textContent)?.trim(),
        )
        .map((control) => control.outerHTML),
    );

    expect(unnamed).toEqual([]);
  });
});
