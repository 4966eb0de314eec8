/** Uploads as `multipart/form-data`, as browsers and HTTP libraries send them. */
import { describe, expect, test } from "vitest";
import { as, send, useEngine, type Call } from "../testing/engine.testing";
import { json, page, problem } from "../testing/replies.testing";

useEngine();

/** Returns a form with one file. `fetch` encodes it with a new boundary each time. */
function formWith(bytes: BlobPart, name = "bolt.png", type = "image/png"): FormData {
  const form = new FormData();
  form.set("file", new File([bytes], name, { type }));
  return form;
}

const upload = (call: Call, body: BodyInit, headers: Record<string, string> = {}, query = "") =>
  send(`/api/upload${query}`, { method: "POST", body, headers: { "X-API-Key": call.key, ...headers } });

describe("a form with one file", () => {
  test("is stored with the file's own type and name, and registered", async () => {
    const call = await as("former");
    const file = await json(upload(call, formWith("bytes", "naïve 😀.png"), {}, "?visibility=private"));
    expect(file).toMatchObject({
      id: file["storageId"],
      name: "naïve 😀.png",
      contentType: "image/png",
      size: 5,
      visibility: "private",
    });
    const id = String(file["id"]);
    expect(await json(call("GET", `/api/files/${id}`))).toMatchObject({ id, name: "naïve 😀.png" });
    await problem(call("POST", "/api/files", { storageId: id }), 409, "conflict");
    expect(await (await call("GET", `/api/files/${id}/content`)).text()).toBe("bytes");
  });

  test("can have 19,000,000 bytes", async () => {
    const file = await json(upload(await as("former"), formWith(new Uint8Array(19_000_000))));
    expect(file["size"]).toBe(19_000_000);
  });

  test.each([
    ["without a file", new FormData(), "body: must contain exactly one file, but contains none"],
    ["with an empty file", formWith(""), "body: must not be empty"],
  ])("%s is refused", async (_, form, detail) => {
    const refused = await problem(upload(await as("former"), form), 400, "invalid_request");
    expect(refused.detail).toBe(detail);
  });

  test("with two files or a text field is refused, and nothing is stored", async () => {
    const call = await as("nothing-stored");
    const two = formWith("a");
    two.append("file", new File(["b"], "b"));
    const field = formWith("a");
    field.set("visibility", "private");
    for (const form of [two, field]) await problem(upload(call, form), 400, "invalid_request");
    expect(await page(call("GET", "/api/files"))).toEqual([]);
  });

  test("without a boundary in its Content-Type is refused", async () => {
    const reply = upload(await as("former"), "x", { "Content-Type": "multipart/form-data" });
    const { errors } = await problem(reply, 400, "invalid_request");
    expect(errors).toEqual([
      { in: "header", path: "Content-Type", message: "must have the parameter boundary" },
    ]);
  });
});

describe("the Idempotency-Key of a form", () => {
  const key = { "Idempotency-Key": "form" };

  test("covers the file, not the boundary: a retry returns the first upload", async () => {
    const call = await as("retrier");
    const first = await json(upload(call, formWith("bytes"), key));
    const again = await upload(call, formWith("bytes"), key);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await json(again)).toEqual(first);
    expect(await page(call("GET", "/api/files"))).toHaveLength(1);
  });

  test.each([
    ["other bytes", formWith("other")],
    ["another name", formWith("bytes", "nut.png")],
    ["another type", formWith("bytes", "bolt.png", "image/gif")],
  ])("with %s is refused", async (_, form) => {
    const call = await as("retrier");
    await json(upload(call, formWith("bytes"), key));
    await problem(upload(call, form, key), 422, "idempotency_key_reused");
  });
});
