/** The guides that add and remove can be followed in any order. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { stepsUnder } from "./guide";
import { Texts } from "./texts";

const guides = join(import.meta.dirname, "../../docs/guides");

/** The guides and their sections that an adopter combines. */
const PARTS = {
  "add a resource": ["add-a-resource", "# Add a resource"],
  "add a webhook source": ["add-a-webhook-source", "# Add a webhook source"],
  "remove items": ["remove-what-you-do-not-need", "## Items"],
  "remove Stripe": ["remove-what-you-do-not-need", "## Stripe"],
  "remove GitHub": ["remove-what-you-do-not-need", "## GitHub"],
} as const;
type Part = keyof typeof PARTS;

const all = Object.keys(PARTS) as Part[];
const project = Texts.ofProject();
const stepsOf = (part: Part) => {
  const [guide, heading] = PARTS[part];
  return stepsUnder(heading, readFileSync(join(guides, `${guide}.md`), "utf8"));
};
const follow = (parts: readonly Part[]) =>
  parts.reduce((texts, part) => texts.apply(stepsOf(part)), project.copy()).state();

/** Returns every order of the parts. */
function ordersOf(parts: readonly Part[]): Part[][] {
  if (parts.length === 0) return [[]];
  return parts.flatMap((first) =>
    ordersOf(parts.filter((part) => part !== first)).map((rest) => [first, ...rest]),
  );
}

const pairs = all.flatMap((first) =>
  all.filter((one) => one > first).map((second) => [first, second] as const),
);

test.each(pairs)("%s and %s give the same files in both orders", (first, second) => {
  expect(follow([first, second])).toEqual(follow([second, first]));
});

describe("all parts", () => {
  test("give the same files in each of their orders", () => {
    const orders = ordersOf(all);
    expect(orders).toHaveLength(120);
    const expected = follow(all);
    for (const order of orders) expect(follow(order), order.join(", ")).toEqual(expected);
  });
});
