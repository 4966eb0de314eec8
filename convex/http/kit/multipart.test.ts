/** Forms with named files and text fields. */
import { docsOnly } from "#docsOnly";
import { expect, test } from "vitest";
import { openApiDocument } from "../../../openapi/document";
import { describedBy } from "../../../openapi/contract/described";
import { api } from "../api.app";
import { fakeContext, goodKey } from "../testing/fakeContext.testing";
import { bodyFor, routeOf } from "../testing/routes.testing";
import { json, problem } from "../testing/replies.testing";
import { contract } from "./contract.kit";
import { implement } from "./implement.kit";

const docs = { tag: "Test", summary: "An album", description: "For these tests." };

const createAlbum = contract("post", "/api/test/albums", () => ({
  operationId: "createAlbum",
  scope: "jobs:write",
  unlisted: true,
  idempotent: true,
  body: {
    type: "multipart",
    fields: ({ text, z }) => ({ title: text(10), note: z.exactOptional(text(10)) }),
    files: {
      cover: { types: ["image/png", "image/jpeg"], maxBytes: 10 },
      photos: { types: ["image/*"], max: 2, optional: true },
      licence: { optional: true },
    },
  },
  docs: docsOnly(({ whole, z }) => {
    const File = z.object({ name: z.string(), type: z.string(), size: whole(), text: z.string() });
    const album = { title: z.string(), cover: File, photos: z.array(File), licence: z.exactOptional(File) };
    return {
      ...docs,
      fields: { title: "The title.", note: "A note.", cover: "The picture on the front." },
      replies: { 201: z.object(album) },
      examples: { body: { title: "Bolts" } },
    };
  }),
}));

const shown = async (file: File) => ({
  name: file.name,
  type: file.type,
  size: file.size,
  text: await file.text(),
});
let made = 0;
implement(api, createAlbum, async (c) => {
  const { cover, photos, licence } = c.var.files;
  const { title } = c.req.valid("form");
  await c.var.once((key) => {
    fingerprints.push(key.idempotency?.fingerprint);
    return Promise.resolve({ result: made++, replayed: false });
  });
  const album = { title, cover: await shown(cover), photos: await Promise.all(photos.map(shown)) };
  return c.json({ ...album, ...(licence && { licence: await shown(licence) }) }, 201);
});
const fingerprints: (string | undefined)[] = [];

const { key, answers } = await goodKey();
const document = describedBy(openApiDocument({ title: "", version: "1", description: "" }, [createAlbum]));
const { send } = fakeContext(answers, document);

type Part = [name: string, value: string | File];
const png = (bytes = "png", name = "a.png", type = "image/png") => new File([bytes], name, { type });
const GOOD: Part[] = [
  ["title", " Bolts "],
  ["cover", png()],
];
function post(parts: readonly Part[], headers: Record<string, string> = {}): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of parts) form.append(name, value);
  return send("/api/test/albums", { method: "POST", body: form, headers: { "X-API-Key": key, ...headers } });
}

test("the handler gets text fields, one file, a list, and an optional file", async () => {
  const cover = { name: "a.png", type: "image/png", size: 3, text: "png" };
  expect(await json(post(GOOD), 201)).toEqual({ title: "Bolts", cover, photos: [] });
  const more: Part[] = [
    ["photos", png("one", "naïve 😀.gif", "image/gif")],
    ["photos", png("two", "b.webp", "image/webp")],
    ["licence", png("free", "l.txt", "text/plain")],
  ];
  const all = await json(post([...GOOD, ...more]), 201);
  expect(all["photos"]).toMatchObject([{ name: "naïve 😀.gif", text: "one" }, { text: "two" }]);
  expect(all["licence"]).toMatchObject({ type: "text/plain", text: "free" });
});

test("an input without a chosen file, as browsers send it, counts as absent", async () => {
  const unchosen = (name: string) =>
    `--X\r\nContent-Disposition: form-data; name="${name}"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n\r\n`;
  const { text } = bodyFor(routeOf(createAlbum)) ?? { text: "" };
  const headers = { "X-API-Key": key, "Content-Type": "multipart/form-data; boundary=X" };
  const submit = (body: string) => send("/api/test/albums", { method: "POST", headers, body });
  const reply = await json(submit(unchosen("photos") + text), 201);
  expect(reply["photos"]).toHaveLength(1);
  const { errors } = await problem(submit(`${unchosen("cover")}--X--`), 400, "invalid_request");
  expect(errors).toEqual([{ in: "body", path: "cover", message: "is required" }]);
});

const TITLE: Part = ["title", "a"];
test.each<[string, Part[], string, string]>([
  ["a missing file", [TITLE], "cover", "is required"],
  ["a second file", [...GOOD, ["cover", png()]], "cover", "must be given only once"],
  [
    "too many files",
    [...GOOD, ...[1, 2, 3].map((): Part => ["photos", png()])],
    "photos",
    "must have at most 2 files",
  ],
  [
    "a file of another type",
    [TITLE, ["cover", png("a", "a.gif", "image/gif")]],
    "cover",
    "must be of type image/png or image/jpeg, not image/gif",
  ],
  [
    "a file outside a range of types",
    [...GOOD, ["photos", png()], ["photos", png("a", "a", "text/plain")]],
    "photos.1",
    "must be of type image/*, not text/plain",
  ],
  ["an empty file", [TITLE, ["cover", png("")]], "cover", "must not be empty"],
  ["an unknown file", [...GOOD, ["other", png()]], "other", "is not a known file"],
  ["a text in the place of a file", [TITLE, ["cover", "text"]], "cover", "is required"],
  ["an unknown field", [...GOOD, ["colour", "red"]], "colour", "is not a known field"],
  ["a repeated field", [...GOOD, TITLE], "title", "must be given only once"],
  [
    "an invalid field",
    [
      ["title", "x".repeat(11)],
      ["cover", png()],
    ],
    "title",
    "must have at most 10 characters",
  ],
])("%s is refused with its name", async (_, parts, path, message) => {
  const { errors, detail } = await problem(post(parts), 400, "invalid_request");
  expect(errors).toEqual([{ in: "body", path, message }]);
  expect(detail).toBe(`${path}: ${message}`);
});

test("all invalid files are named in one refusal", async () => {
  const refused = await problem(
    post([TITLE, ["photos", png("a", "a", "text/plain")]]),
    400,
    "invalid_request",
  );
  expect(refused.errors?.map(({ path }) => path)).toEqual(["cover", "photos.0"]);
  expect(refused.detail).toBe("2 files are invalid: cover, photos.0");
});

test("a file above its limit is 413 with its name, and so is a body above the limit", async () => {
  const { errors } = await problem(post([TITLE, ["cover", png("x".repeat(11))]]), 413, "payload_too_large");
  expect(errors).toEqual([{ in: "body", path: "cover", message: "must have at most 10 bytes" }]);
  const big = png("x".repeat(21 * 1024 * 1024));
  await problem(post([...GOOD, ["licence", big]]), 413, "payload_too_large");
});

test.each([
  ["application/json", 415, "unsupported_media_type"],
  ["application/x-www-form-urlencoded", 415, "unsupported_media_type"],
  ["multipart/form-data", 400, "invalid_request"],
  ["multipart/form-data; boundary=X", 400, "invalid_request"],
] as const)("a body of type %s that is not a form is %i", async (type, status, code) => {
  const headers = { "X-API-Key": key, "Content-Type": type };
  await problem(send("/api/test/albums", { method: "POST", headers, body: "{}" }), status, code);
});

test("a text field that is not UTF-8, and a part without a name, are refused", async () => {
  const headers = { "X-API-Key": key, "Content-Type": "multipart/form-data; boundary=X" };
  const part = (disposition: string) => `--X\r\nContent-Disposition: ${disposition}\r\n\r\n\xff\r\n--X--\r\n`;
  for (const [disposition, detail] of [
    ['form-data; name="title"', "title: must be valid UTF-8"],
    ["form-data", "body: has a part without a name"],
  ] as const) {
    const body = new Uint8Array(Buffer.from(part(disposition), "latin1"));
    const refused = await problem(
      send("/api/test/albums", { method: "POST", headers, body }),
      400,
      "invalid_request",
    );
    expect(refused.detail).toBe(detail);
  }
});

test("a form with too many parts is refused", async () => {
  const parts = Array.from({ length: 105 }, (): Part => ["title", "a"]);
  const { detail } = await problem(post(parts), 400, "invalid_request");
  expect(detail).toBe("body: must have at most 104 parts");
});

test("an Idempotency-Key covers the parts, not the boundary", async () => {
  fingerprints.length = 0;
  const again = { "Idempotency-Key": "album" };
  for (const parts of [GOOD, GOOD, [TITLE, ["cover", png("other")]] satisfies Part[]])
    await json(post(parts, again), 201);
  const [first, second, other] = fingerprints;
  expect(first).toBeTypeOf("string");
  expect(second).toBe(first);
  expect(other).not.toBe(first);
});

test("the document describes the fields, the files and their types", () => {
  const { content } = document.operations[0]?.requestBody ?? { content: {} };
  expect(content).toMatchObject({
    "multipart/form-data": {
      schema: {
        required: ["title", "cover"],
        properties: {
          title: { type: "string" },
          cover: { type: "string", format: "binary", description: "The picture on the front." },
          photos: { type: "array", maxItems: 2, items: { type: "string", format: "binary" } },
        },
      },
      encoding: { cover: { contentType: "image/png, image/jpeg" }, photos: { contentType: "image/*" } },
    },
  });
});
