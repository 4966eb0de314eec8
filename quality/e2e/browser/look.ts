/** Checks of a page in both themes and on narrow and wide screens: rules of accessibility, and no content beyond the edge. */
import { readFileSync } from "node:fs";
import type * as Axe from "axe-core";
import type { Result, RunOptions } from "axe-core";
import type { Page } from "playwright-core";

const THEMES = ["light", "dark"] as const;
/** The widths of a phone and of a small laptop, in CSS pixels. */
export const WIDTHS = [390, 1280] as const;
export const HEIGHT = 844;

/** Shows the page in each theme. @returns the findings of `look`, with the theme. */
export async function inEachTheme(page: Page, look: (page: Page) => Promise<string[]>): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const finding of await look(page)) found.push(`${colorScheme}: ${finding}`);
  }
  return found;
}

/** Shows the page in each width and theme. @returns the findings of `look`, with the width and the theme. */
export async function inEachLook(page: Page, look: (page: Page) => Promise<string[]>): Promise<string[]> {
  const found: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: HEIGHT });
    for (const finding of await inEachTheme(page, look)) found.push(`${width} pixels, ${finding}`);
  }
  return found;
}

const axe = readFileSync("node_modules/axe-core/axe.min.js", "utf8");

/**
 * Checks the page with axe-core, which does not load anything. A page's security policy does not apply to the check.
 *
 * @param except Selectors of elements that are not checked.
 * @returns the violations, each with its elements.
 */
export async function violations(page: Page, except: readonly string[] = []): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(`${axe};0`);
  const found = await page.evaluate(
    async (exclude) => {
      const { axe } = window as unknown as { axe: typeof Axe };
      const options: RunOptions = { resultTypes: ["violations"], elementRef: false };
      return (await axe.run({ include: ["html"], exclude }, options)).violations;
    },
    except.map((selector) => [selector]),
  );
  return found.map(described);
}

const described = ({ id, nodes }: Result): string =>
  `${id}: ${nodes.map(({ target, any }) => [target.join(" "), ...any.map(({ message }) => message)].join(": ")).join("; ")}`;

/** Returns a finding if the page is wider than the screen, so that it scrolls sideways. */
export async function overflow(page: Page): Promise<string[]> {
  const { wide, screen } = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth,
    screen: document.documentElement.clientWidth,
  }));
  return wide > screen ? [`the page is ${wide} pixels wide`] : [];
}

/** A stop of the focus: what has it, and where it is on the page. */
export type Stop = { name: string; x: number; y: number; shown: boolean };

/** Presses Tab from the start of the page. @returns the stops in order. `shown` is whether the focus is visible. */
export async function stops(page: Page, count: number): Promise<Stop[]> {
  const found: Stop[] = [];
  while (found.length < count) {
    await page.keyboard.press("Tab");
    found.push(
      await page.evaluate(() => {
        const focused = document.activeElement ?? document.body;
        const { left, top } = focused.getBoundingClientRect();
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(focused);
        const shown = (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
        const name = (focused.getAttribute("aria-label") ?? focused.textContent).trim();
        return { name, x: left + scrollX, y: top + scrollY, shown };
      }),
    );
  }
  return found;
}
