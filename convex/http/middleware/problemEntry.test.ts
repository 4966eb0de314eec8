/** A new problem needs only one entry, in `problems.lib.ts`. */
import { docsOnly } from "#docsOnly";
import { expect, test, vi } from "vitest";
import { describedBy } from "../../../openapi/contract/described";
import { openApiDocument } from "../../../openapi/document";
import { explain } from "../../problems";
import type { FailureCode } from "../../lib/failure.lib";
import { PROBLEMS } from "../../lib/problems.lib";
import { api } from "../api.app";
import { contract } from "../kit/contract.kit";
import { implement } from "../kit/implement.kit";
import { fakeContext } from "../testing/fakeContext.testing";
import { json, problem } from "../testing/replies.testing";

const ENTRY = vi.hoisted(() => ({
  status: 502,
  title: "Upstream failed",
  explanation: "The price service did not answer. Retry after `Retry-After` seconds.",
  example: "The price service answered 500",
  headers: ["Retry-After"],
}));

vi.mock("../../lib/problems.lib", async (load) => {
  const { PROBLEMS: known } = await load<{ PROBLEMS: typeof PROBLEMS }>();
  return { PROBLEMS: { ...known, upstream_failed: ENTRY } };
});

// The compiler does not know the entry of this test.
const upstreamFailed = "upstream_failed" as FailureCode;

const getQuote = contract("get", "/api/quote", () => ({
  operationId: "getQuote",
  scope: null,
  unlimited: true,
  docs: docsOnly(({ z }) => ({
    ...{ tag: "Test", summary: "A quote", description: "For this test." },
    replies: { 200: z.object({ price: z.number() }) },
    problems: [upstreamFailed],
  })),
}));
implement(api, getQuote, (_, fail) =>
  fail(upstreamFailed as never, "The price service answered 500", { headers: { "Retry-After": "1" } }),
);

const document = openApiDocument({ title: "Quotes", version: "1", description: "" }, [getQuote]);

test("the reply has the status and the title of the entry, and the document describes it", async () => {
  const { send } = fakeContext({}, describedBy(document));
  const { title } = await problem(send("/api/quote"), 502, upstreamFailed);
  expect(title).toBe("Upstream failed");
  expect(JSON.stringify(document)).toContain(ENTRY.explanation);
});

test("/problems/:code explains it", async () => {
  // A registered function runs only in an engine, but its handler needs no context here.
  const { _handler } = explain as unknown as { _handler: (ctx: unknown, args: unknown) => unknown };
  const { send } = fakeContext({ "problems:explain": (args) => _handler({}, args) });
  const { title, status, explanation } = ENTRY;
  expect(await json(send("/problems/upstream_failed"))).toEqual({
    ...{ code: "upstream_failed", title, status, explanation },
  });
});
