/** The example frontend: pictures and the rate limit. */
import { describe, expect, test } from "vitest";
import { create, items, problem, signedIn, site, useTestSite } from "./frontend";
import { exhaust, PER_MINUTE } from "./testSite";

useTestSite();

describe("a picture", () => {
  test.each([
    ["through the API", false],
    ["through the API", true],
    ["straight to the storage", false],
    ["straight to the storage", true],
  ])("is uploaded %s and shown (private: %s)", async (method, isPrivate) => {
    const { page, call, complaints } = await signedIn();
    const buffer = await page.screenshot();
    await page
      .getByLabel("Picture", { exact: true })
      .setInputFiles({ name: "shot.png", mimeType: "image/png", buffer });
    await page.getByLabel(method).check();
    if (isPrivate) await page.getByLabel("Only for me").check();
    await page.getByRole("button", { name: "Upload" }).click();
    const image = page.getByRole("list", { name: "Pictures" }).getByRole("img");
    await image.waitFor();
    await page.waitForFunction(() => document.querySelector("img")?.naturalWidth === 1400);
    const visibility = isPrivate ? "private" : "public";
    expect(await call("/api/files")).toMatchObject([
      { contentType: "image/png", size: buffer.length, visibility },
    ]);
    expect(complaints).toEqual([]);
  });
});

describe("the rate limit", () => {
  test("is shown as in the last reply", async () => {
    const { page } = await signedIn();
    const left = async () =>
      Number(await page.getByRole("meter", { name: "Requests" }).getAttribute("aria-valuenow"));
    expect(await left()).toBeLessThan(PER_MINUTE);
    await page.getByText(`${await left()} of ${PER_MINUTE} requests left`).waitFor();
  });

  test("is shown in the editor if a request of the editor exceeds it", async () => {
    const { page, key } = await signedIn();
    await create(page, "bolt");
    await items(page).click();
    await exhaust(site, key);
    const editor = page.getByRole("dialog");
    await editor.getByRole("button", { name: "Save" }).click();
    await editor.getByText("Too many requests").waitFor();
    await editor.getByRole("button", { name: "Close the message" }).click();
    await editor.getByText("Too many requests").waitFor({ state: "hidden" });
  });

  test("is shown with the time to wait when it is exceeded", async () => {
    const { page, key } = await signedIn();
    await exhaust(site, key);
    await create(page, "bolt");
    await problem(page).getByText("Try again in").waitFor();
    await page.getByText(`0 of ${PER_MINUTE} requests left`).waitFor();
    // The refused text stays in the form.
    expect(await page.getByRole("textbox", { name: "Name" }).inputValue()).toBe("bolt");
  });
});
