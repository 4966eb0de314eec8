import { describe, expect, test } from "vitest";
import { json, problem } from "../../../convex/http/testing/replies.testing";
import { send } from "./client";

const JSON_TYPE = { "Content-Type": "application/json" };
const posted = (path: string, body: BodyInit, headers: Record<string, string> = JSON_TYPE) =>
  send(path, { method: "POST", body, headers });

describe("JSON", () => {
  test("is echoed unchanged with the filter", async () => {
    const received = { $odd: [null, "ü", 1.5], "": { deep: true } };
    const body = JSON.stringify(received);
    expect(await json(posted("/api/data?filter=new", body))).toEqual({ received, filter: "new" });
    expect(await json(posted("/api/data", body))).toEqual({ received, filter: null });
  });

  test("that is malformed is refused", async () => {
    expect((await problem(posted("/api/data", "{"), 400, "invalid_json")).detail).toBe("Invalid JSON body");
  });

  test("with another content type is refused", async () => {
    const refused = posted("/api/data", "{}", { "Content-Type": "text/plain" });
    await problem(refused, 415, "unsupported_media_type");
  });

  test("of more than 1 MiB is refused", async () => {
    const body = JSON.stringify("x".repeat(1024 * 1024));
    await problem(posted("/api/data", body), 413, "payload_too_large");
  });
});

describe("a form", () => {
  const fields = { name: "Ada Lovelace", email: "ada@example.com" };

  test("is accepted as multipart/form-data and URL-encoded", async () => {
    const parts = new FormData();
    for (const [name, value] of Object.entries(fields)) parts.set(name, value);
    expect(await json(posted("/api/form", parts, {}))).toEqual(fields);
    expect(await json(posted("/api/form", new URLSearchParams(fields), {}))).toEqual(fields);
  });

  test("with a missing field is refused", async () => {
    const { errors } = await problem(
      posted("/api/form", new URLSearchParams({ name: "Ada" }), {}),
      400,
      "invalid_request",
    );
    expect(errors).toMatchObject([{ in: "body", path: "email" }]);
  });
});
