/** Parameters in the document. */
import { expect, test } from "vitest";
import { docsOnly } from "#docsOnly";
import { contract } from "../convex/http/kit/contract.kit";
import { Components } from "./components";
import { parametersOf } from "./parameters";

const priced = contract("get", "/prices", () => ({
  operationId: "getPrice",
  scope: null,
  query: ({ wholeNumber, z, text }) => ({ nights: wholeNumber(1, 30), city: z.exactOptional(text(50)) }),
  docs: docsOnly(() => ({
    tag: "Prices",
    summary: "Fetch a price",
    description: "For this test.",
    replies: { 204: null },
    examples: { query: { nights: "2", city: "12345" } },
  })),
}));

test("the example of a parameter has the type of its schema", () => {
  const [nights, city] = parametersOf(priced, priced.spec(), new Components());
  expect(nights).toMatchObject({ schema: { type: "integer" }, example: 2 });
  expect(city).toMatchObject({ schema: { type: "string" }, examples: { sample: { value: "12345" } } });
});
