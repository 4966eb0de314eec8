/** The pictures of the documentation, on the width of a phone. */
import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBrowser, visit } from "./chromium";

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

const FILES = ["docs/request.svg", "quality/bench/embedded/results.svg", "quality/bench/http/results.svg"];
/** The width of the text column of a page on a phone of 390 pixels. */
const COLUMN = 342;
/** The smallest size of text that is readable, in CSS pixels. */
const SMALLEST = 8.5;

async function shown(file: string): Promise<Page> {
  const { page } = await visit(browser);
  await page.setViewportSize({ width: COLUMN, height: 844 });
  await page.setContent(`<!doctype html><style>body{margin:0}svg{width:100%;height:auto}</style>`);
  await page.evaluate((svg) => (document.body.innerHTML = svg), readFileSync(file, "utf8"));
  return page;
}

describe.each(FILES)("%s", (file) => {
  test("is readable, and each text is within the picture and beside the others", async () => {
    const page = await shown(file);
    const texts = await page.evaluate(() =>
      [...document.querySelectorAll("svg text")].map((text) => {
        const { left, right, top, bottom } = text.getBoundingClientRect();
        const size = Number.parseFloat(getComputedStyle(text).fontSize);
        const scale = text.closest("svg")?.getScreenCTM()?.a ?? 0;
        return { content: text.textContent, left, right, top, bottom, size: size * scale };
      }),
    );
    expect(texts.length).toBeGreaterThan(5);
    expect(texts.filter(({ size }) => size < SMALLEST)).toEqual([]);
    expect(texts.filter(({ left, right }) => left < 0 || right > COLUMN)).toEqual([]);
    // Lines of text may share a few pixels, because the boxes include the space above and below the letters.
    const overlapping = texts.flatMap((one, at) =>
      texts.slice(at + 1).flatMap((other) => {
        const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
        return wide > 1 && high > 4 ? [`${one.content} / ${other.content}`] : [];
      }),
    );
    expect(overlapping).toEqual([]);
  });

  test("has texts that stay in their boxes, and lines that reach their ends", async () => {
    const page = await shown(file);
    const { outside, loose } = await page.evaluate(() => {
      const boxOf = (element: Element) => (element as SVGGraphicsElement).getBBox();
      const boxes = [
        ...document.querySelectorAll("svg > rect.box, svg > rect.step, svg > rect.work, svg > rect.problem"),
      ].map(boxOf);
      const outside = [...document.querySelectorAll("svg > text")].flatMap((text) => {
        const { x, y, width, height } = boxOf(text);
        const own = boxes.filter(
          (box) => y > box.y && y + height < box.y + box.height && x >= box.x && x < box.x + box.width,
        );
        return own.every((box) => x + width <= box.x + box.width) ? [] : [text.textContent];
      });
      const lines = [...document.querySelectorAll<SVGPathElement>("svg > .way, svg > .no")];
      const targets = [
        ...document.querySelectorAll(
          "svg > .box, svg > .step, svg > .work, svg > .problem, svg > .way, svg > .no",
        ),
      ];
      const loose = lines
        .filter((line) => !("legend" in line.dataset))
        .flatMap((line) =>
          [line.getPointAtLength(0), line.getPointAtLength(line.getTotalLength())].flatMap(({ x, y }) => {
            const reached = targets.some((target) => {
              if (target === line) return false;
              const box = boxOf(target);
              const inside =
                x >= box.x - 1 && x <= box.x + box.width + 1 && y >= box.y - 1 && y <= box.y + box.height + 1;
              const edges = [x - box.x, box.x + box.width - x, y - box.y, box.y + box.height - y];
              return inside && Math.min(...edges.map(Math.abs)) <= 1;
            });
            return reached ? [] : [`${line.getAttribute("d") ?? ""} at ${x}, ${y}`];
          }),
        );
      return { outside, loose };
    });
    expect({ outside, loose }).toEqual({ outside: [], loose: [] });
  });
});
