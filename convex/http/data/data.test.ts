import { describe, expect, test } from "vitest";
import { send, useEngine } from "../testing/engine.testing";
import { json, problem } from "../testing/replies.testing";

useEngine();

const post = (path: string, body: BodyInit, type?: string) =>
  send(path, { method: "POST", body, ...(type && { headers: { "Content-Type": type } }) });
const data = (text: string, query = "") => post(`/api/data${query}`, text, "application/json");
const form = (text: string) => post("/api/form", text, "application/x-www-form-urlencoded");

describe("POST /api/data", () => {
  test.each(["null", "0", "[1,[2]]", '"é🦎"', '{"$a":{"_b":1},"ключ":[]}', "1e21", "-0.5"])(
    "%s is echoed unchanged, without a credential",
    async (text) => {
      expect(await json(data(text))).toEqual({ received: JSON.parse(text) as unknown, filter: null });
    },
  );

  test("the echoed text keeps duplicate names, exact digits and the sign of zero", async () => {
    const text = '{"a": [1.0, -0, 12345678901234567890], "a": 2}';
    expect(await (await data(text)).text()).toBe(`{"received":${text},"filter":null}`);
  });

  test("the filter is echoed too", async () => {
    expect(await json(data("1", "?filter=a%20b"))).toEqual({ received: 1, filter: "a b" });
    expect(await json(data("1", "?filter="))).toEqual({ received: 1, filter: "" });
  });

  test("a number that JSON cannot represent is refused", async () => {
    const refused = await problem(data('{"a":[1e400]}'), 400, "invalid_request");
    expect(refused.detail).toBe("a.0: is a number out of range");
  });

  test("64 levels are accepted and 65 are refused", async () => {
    const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
    expect((await data(nested(64))).status).toBe(200);
    const refused = await problem(data(nested(65)), 400, "invalid_request");
    expect(refused.detail).toBe("body: must not be nested deeper than 64 levels");
    await problem(data(nested(500_000)), 400, "invalid_request");
  });

  test("1 MiB is accepted and one more byte is refused", async () => {
    const text = (bytes: number) => `"${"x".repeat(bytes - 2)}"`;
    expect((await data(text(1024 * 1024))).status).toBe(200);
    await problem(data(text(1024 * 1024 + 1)), 413, "payload_too_large");
  });
});

describe("POST /api/form", () => {
  const fields = { name: "Ada", email: "ada@example.com" };

  test("accepts both media types of forms", async () => {
    expect(await json(form("name=Ada&email=ada%40example.com"))).toEqual(fields);
    const multipart = new FormData();
    for (const [name, value] of Object.entries(fields)) multipart.set(name, value);
    expect(await json(post("/api/form", multipart))).toEqual(fields);
  });

  test.each([
    ["name=Ada", "Missing required field: email"],
    ["name=&email=ada@example.com", "name: must not be empty"],
    ["name=Ada&email=ada", "email: must be an email address"],
    ["name=Ada&name=Eve&email=ada@example.com", "name: must be given only once"],
    ["name=Ada&email=ada@example.com&role=root", "role: is not a known field"],
    ["", "2 fields are invalid: name, email"],
  ])("%s is refused: %s", async (text, detail) => {
    expect(await problem(form(text), 400, "invalid_request")).toMatchObject({ detail });
  });

  test.each(["b", "'()+_,-./:=?", "a b", "x".repeat(70), "----WebKitFormBoundary0123456789abcdef"])(
    "accepts a form with the quoted boundary %j, which RFC 2046 allows",
    async (boundary) => {
      const parts = Object.entries(fields).map(
        ([name, value]) =>
          `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
      );
      const body = `${parts.join("")}--${boundary}--\r\n`;
      expect(await json(post("/api/form", body, `multipart/form-data; boundary="${boundary}"`))).toEqual(
        fields,
      );
    },
  );

  test("a file where text is expected is refused", async () => {
    const multipart = new FormData();
    multipart.set("name", new File(["x"], "x.txt"));
    multipart.set("email", fields.email);
    const refused = await problem(post("/api/form", multipart), 400, "invalid_request");
    expect(refused.detail).toBe("name: must be a string");
  });

  test("ten thousand parts are refused with one error", async () => {
    const multipart = new FormData();
    for (let part = 0; part < 10_000; part++) multipart.append("name", "x");
    multipart.set("email", fields.email);
    expect((await problem(post("/api/form", multipart), 400, "invalid_request")).detail).toBe(
      "name: must be given only once",
    );
  });

  test.each([
    ["multipart/form-data", "x"],
    ["multipart/form-data; boundary=b", "--c\r\n\r\n--c--"],
    ["multipart/form-data; boundary=b", '--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nAda'],
  ])("a form that is not well-formed is refused: %s", async (type, body) => {
    const refused = await problem(post("/api/form", body, type), 400, "invalid_request");
    expect(refused.detail).toBe("body: is not a well-formed form");
  });

  test.each(["application/json", "text/plain"])(
    "%s is refused because it is not a form type",
    async (type) => {
      const refused = await problem(post("/api/form", "{}", type), 415, "unsupported_media_type");
      expect(refused.detail).toBe(
        "Content-Type must be multipart/form-data or application/x-www-form-urlencoded",
      );
    },
  );
});
