/** How the API's own pages look: `/docs` and `/problems/:code`, in both themes, on a phone and on a laptop. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROBLEMS } from "../../../convex/lib/problems.lib";
import { startBrowser, visit } from "./chromium";
import { HEIGHT, inEachLook, inEachTheme, overflow, stops, violations, WIDTHS } from "./look";
import { startReference, type Reference } from "./reference";

let reference: Reference;
let browser: Browser;

beforeAll(async () => {
  [reference, browser] = await Promise.all([startReference(), startBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await reference.close();
});

describe("/docs", () => {
  /** Faults in the markup of the script, which is a fixed file that the project cannot change. */
  const OF_THE_SCRIPT = [
    // A field that suggests values does not say that its list is closed.
    ".code-input-lite__editor",
    // The name of a button is an icon.
    'button[class~="group/copy-button"]',
    // The text of a button differs from its label.
    ".show-more",
  ];

  async function docs(): Promise<Page> {
    const { page } = await visit(browser);
    await page.goto(`${reference.api.url}/docs`);
    await page.getByRole("heading", { name: "Quick start" }).waitFor();
    return page;
  }

  test("fulfils the rules of accessibility, also with an open group", async () => {
    const page = await docs();
    await page.getByRole("button", { name: "Open Group - Items" }).click();
    await page.getByRole("heading", { name: "Items", level: 2 }).waitFor();
    expect(await inEachTheme(page, () => violations(page, OF_THE_SCRIPT))).toEqual([]);
    const beyond = async () => [...(await overflow(page)), ...(await touchingTabs(page))];
    expect(await inEachLook(page, beyond)).toEqual([]);
  });

  test("shows the first call on the first screen of a phone and of a laptop", async () => {
    const page = await docs();
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT });
      const call = await page.getByText("Content-Type: application/json").first().boundingBox();
      expect((call?.y ?? Infinity) + (call?.height ?? 0)).toBeLessThan(HEIGHT);
    }
    expect(await page.evaluate(() => scrollY)).toBe(0);
  });

  test("leads the focus through the page from top to bottom, and shows it", async () => {
    const page = await docs();
    await page.setViewportSize({ width: WIDTHS[0], height: HEIGHT });
    const found = await stops(page, 5);
    expect(found.map(({ name }) => name).slice(0, 3)).toEqual([
      "Open Menu",
      "Download OpenAPI Document",
      "Convex",
    ]);
    expect(found.map(({ y }) => y)).toEqual(found.map(({ y }) => y).toSorted((a, b) => a - b));
    expect(found.filter(({ shown }) => !shown)).toEqual([]);
  });

  test("leads the focus through the groups of the sidebar first", async () => {
    const page = await docs();
    const found = await stops(page, 7);
    expect(found.map(({ name }) => name).filter((name) => !name.startsWith("Open"))).toEqual([
      "Introduction",
      "Session",
      "Items",
    ]);
  });

  /** Returns the lists of tabs that touch the element beside them. */
  function touchingTabs(page: Page): Promise<string[]> {
    return page.evaluate(() =>
      [...document.querySelectorAll(".tab-list")].flatMap((list) => {
        const next = list.nextElementSibling?.getBoundingClientRect();
        const { right, top, bottom } = list.getBoundingClientRect();
        const beside = next !== undefined && next.width > 0 && next.top < bottom && next.bottom > top;
        return beside && next.left - right < 4 ? [`the tabs ${list.textContent} touch`] : [];
      }),
    );
  }
});

describe("/problems/:code", () => {
  async function problem(code: string): Promise<Page> {
    const { page } = await visit(browser);
    await page.goto(`${reference.api.url}/problems/${code}`);
    return page;
  }

  /** The problem with the longest explanation, and the one that clients see most. */
  const LONGEST = Object.entries(PROBLEMS).toSorted(
    ([, one], [, other]) => other.explanation.length - one.explanation.length,
  )[0]?.[0];

  test.each([LONGEST ?? "", "invalid_request"])("%s fulfils the rules of accessibility", async (code) => {
    const page = await problem(code);
    const found = await inEachLook(page, async () => [
      ...(await violations(page)),
      ...(await overflow(page)),
    ]);
    expect(found).toEqual([]);
  });

  test("has the background of the theme", async () => {
    const page = await problem("not_found");
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.emulateMedia({ colorScheme: "light" });
    const light = await background();
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await background()).not.toBe(light);
  });

  test("leads the focus to the reference, and shows it", async () => {
    const page = await problem("not_found");
    const [link] = await stops(page, 1);
    expect(link).toMatchObject({ name: "Open the API reference", shown: true });
    await page.keyboard.press("Enter");
    await page.waitForURL(`${reference.api.url}/docs`);
  });
});
