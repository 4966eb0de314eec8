/** A contract whose path ends with a named rest (`/*file`): routing, the decoded value, the document and the check of replies. */
import { docsOnly } from "#docsOnly";
import { expect, test } from "vitest";
import { openApiDocument } from "../../../openapi/document";
import { describedBy } from "../../../openapi/contract/described";
import { operationOf } from "../../../openapi/contract/operations";
import { api } from "../api.app";
import { fakeContext } from "../testing/fakeContext.testing";
import { problem } from "../testing/replies.testing";
import { contract } from "./contract.kit";
import { implement } from "./implement.kit";
import { id } from "./values.kit";

const route = { scope: null, unlimited: true } as const;
const docs = docsOnly(({ z }) => ({
  tag: "Test",
  summary: "A file",
  description: "For these tests.",
  fields: { shelf: "The shelf.", file: "The path of the file." },
  replies: { 200: z.object({ shelf: z.string(), file: z.string() }) },
  examples: { params: { shelf: "a", file: "b/c.txt" }, replies: { 200: { shelf: "a", file: "b/c.txt" } } },
}));

const getFile = contract("get", "/api/test/shelves/:shelf/files/*file", () => ({
  ...route,
  operationId: "getShelfFile",
  params: { shelf: id(), file: id() },
  docs,
}));
const getChecked = contract("get", "/api/test/shelves/:shelf/checked/*file", () => ({
  ...route,
  operationId: "getCheckedFile",
  params: ({ z }) => ({ shelf: z.string(), file: z.string().check(z.regex(/^[a-z/]+\.txt$/)) }),
  docs,
}));
const getCount = contract("get", "/api/test/shelves/:shelf/files/count", () => ({
  ...route,
  operationId: "getShelfCount",
  params: { shelf: id() },
  docs: docsOnly(({ z }) => ({ ...docs(), replies: { 200: z.literal(1) } })),
}));
implement(api, getFile, (c) => Promise.resolve(c.json(c.req.valid("param"), 200)));
implement(api, getChecked, (c) => Promise.resolve(c.json(c.req.valid("param"), 200)));
implement(api, getCount, (c) => Promise.resolve(c.json(1, 200)));

const info = { title: "Test", version: "1", description: "For these tests." };
const document = openApiDocument(info, [getFile, getChecked, getCount]);
const described = describedBy(document);
const { send } = fakeContext({}, described);

test.each([
  ["files/b/c.txt", "b/c.txt"],
  ["files/b", "b"],
  ["files/b%2Fc%20d/e", "b/c d/e"],
  ["files/b/", "b"],
  ["checked/b/c.txt", "b/c.txt"],
])("%s has the decoded rest %s", async (path, file) => {
  const reply = await send(`/api/test/shelves/a/${path}`);
  expect([reply.status, await reply.json()]).toEqual([200, { shelf: "a", file }]);
});

test("an exact path comes first, and an empty rest is not found", async () => {
  expect(await (await send("/api/test/shelves/a/files/count")).json()).toBe(1);
  await problem(send("/api/test/shelves/a/files"), 404, "not_found");
  await problem(send("/api/test/shelves/a/files/"), 404, "not_found");
});

test("a rest that its schema refuses is named", async () => {
  const { errors } = await problem(send("/api/test/shelves/a/checked/b/c.png"), 400, "invalid_request");
  expect(errors).toMatchObject([{ in: "path", path: "file" }]);
});

test("the document marks the parameter, and finds the operation of a path with more segments", () => {
  const { operations } = described;
  const found = (path: string) => operationOf(operations, "GET", path);
  expect(document["paths"]).toHaveProperty(["/api/test/shelves/{shelf}/files/{file}"]);
  expect(operations[0]?.parameters.filter((parameter) => parameter["x-rest"])).toMatchObject([
    { name: "file" },
  ]);
  expect(found("/api/test/shelves/a/files/b/c%2Fd")).toMatchObject({
    operation: { operationId: "getShelfFile" },
    params: { shelf: "a", file: "b/c/d" },
  });
  expect(found("/api/test/shelves/a/files/count")?.operation.operationId).toBe("getShelfCount");
  expect(found("/api/test/shelves/a/files")).toBeUndefined();
});
