import { describe, expect, test } from "vitest";
import { failureOf } from "./failure.lib";
import { fileOfForm, type FormFile } from "./multipart.lib";

const TYPE = "multipart/form-data; boundary=X";
const latin1 = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));
const utf8 = (text: string) => new Uint8Array(Buffer.from(text, "utf8"));

const part = (disposition: string, bytes = "hello", more = "\r\nContent-Type: text/plain") =>
  `--X\r\nContent-Disposition: ${disposition}${more}\r\n\r\n${bytes}\r\n`;
const FILE = 'form-data; name="file"; filename="a.txt"';

const read = (body: string, type = TYPE) => fileOfForm(utf8(body), type);
const textOf = ({ bytes }: FormFile) => Buffer.from(bytes).toString();

/** Returns the detail of a form's refusal. */
function refusal(body: string | Uint8Array<ArrayBuffer>, type = TYPE): string {
  try {
    fileOfForm(typeof body === "string" ? utf8(body) : body, type);
  } catch (error) {
    return failureOf(error)?.detail ?? String(error);
  }
  throw new Error("The form was not refused");
}

describe("the file of a form", () => {
  test("has the bytes, the type and the name of its part", () => {
    const { contentType, name, bytes } = read(`${part(FILE)}--X--\r\n`);
    expect([contentType, name, Buffer.from(bytes).toString()]).toEqual(["text/plain", "a.txt", "hello"]);
  });

  test("is a view of the body, not a copy", () => {
    const body = utf8(`${part(FILE)}--X--`);
    expect(fileOfForm(body, TYPE).bytes.buffer).toBe(body.buffer);
  });

  test.each([
    ["an empty file", ""],
    ["line breaks", "\r\n\r\n"],
    ["the boundary within a line", "a--X--"],
    ["a line that begins with the boundary and continues", "\r\n--XY\r\n--\r\n"],
    ["half of the boundary at the end", "\r\n-"],
    ["a line feed before the boundary", "\n--X--"],
  ])("may contain %s", (_, bytes) => {
    expect(textOf(read(`${part(FILE, bytes)}--X--`))).toBe(bytes);
  });

  test("may contain every byte value", () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString("latin1");
    const { bytes } = fileOfForm(latin1(`${part(FILE, all)}--X--`), TYPE);
    expect(Buffer.from(bytes).toString("latin1")).toBe(all);
  });

  test("has the type application/octet-stream if its part has no Content-Type", () => {
    expect(read(`${part(FILE, "x", "")}--X--`).contentType).toBe("application/octet-stream");
  });

  test("is found with a quoted boundary, in any letter case of the header", () => {
    const body = `${part(FILE)}--X--`.replaceAll("--X", "--a b'()+_,./:=?");
    expect(textOf(read(body, `Multipart/Form-Data; charset=utf-8; Boundary="a b'()+_,./:=?"`))).toBe("hello");
  });

  test("is found with header names in any letter case and without spaces", () => {
    const body = `--X\r\ncontent-disposition:FORM-DATA;name=file;filename=a.txt\r\n\r\nx\r\n--X--`;
    expect(read(body)).toMatchObject({ name: "a.txt", contentType: "application/octet-stream" });
  });

  test("is found in a form that fetch sends", async () => {
    const form = new FormData();
    form.set("anything", new File(["bytes"], 'na"ïve 😀.txt', { type: "text/x-test" }));
    const request = new Request("https://example.test", { method: "POST", body: form });
    const body = new Uint8Array(await request.arrayBuffer());
    const file = fileOfForm(body, request.headers.get("Content-Type") ?? "");
    expect([textOf(file), file.name, file.contentType]).toEqual(["bytes", 'na"ïve 😀.txt', "text/x-test"]);
  });
});

describe("the name of a file", () => {
  test.each([
    ['filename="a b.txt"', "a b.txt"],
    ['filename="C:\\fakepath\\a.txt"', "a.txt"],
    ['filename="../../etc/passwd"', "passwd"],
    ['filename="a\\"b.txt"', 'a"b.txt'],
    ['filename="a%22b%2e.txt"', 'a"b%2e.txt'],
    ['filename="ünïcode.txt"', "ünïcode.txt"],
    ["filename*=utf-8''na%C3%AFve.txt", "naïve.txt"],
    ["filename=plain.txt; filename*=UTF-8'en'better.txt", "better.txt"],
    ['filename=""', undefined],
    ['filename=".."', undefined],
    ['filename="/"', undefined],
    [`filename="${"é".repeat(200)}"`, "é".repeat(200)],
  ])("%s is %j", (parameter, name) => {
    expect(read(`${part(`form-data; name="file"; ${parameter}`)}--X--`).name).toBe(name);
  });

  test.each([
    [`filename="${"é".repeat(201)}"`, "body: has a file name of more than 200 characters"],
    ['filename="a\0b"', "body: has a file name with a control character"],
    ['filename="a%0D%0Ab"', "body: has a file name with a control character"],
    ['filename="a"; filename="b"', "body: has a part with two parameters filename"],
    ["filename*=iso-8859-1''a", "body: has a filename* that is not UTF-8 in percent-encoding (RFC 8187)"],
    ["filename*=utf-8''%ff", "body: has a filename* that is not UTF-8 in percent-encoding (RFC 8187)"],
  ])("%s is refused", (parameter, detail) => {
    expect(refusal(`${part(`form-data; name="file"; ${parameter}`)}--X--`)).toBe(detail);
  });

  test("must be UTF-8", () => {
    const body = latin1(`${part('form-data; name="file"; filename="\xe9.txt"')}--X--`);
    expect(refusal(body)).toBe("body: has a part whose headers are not UTF-8: encode the file name as UTF-8");
  });
});

describe("a malformed form is refused with the reason", () => {
  const DISPOSITION = 'body: has a part without a well-formed Content-Disposition: form-data; name="…"';

  test.each([
    [
      "no boundary in the header",
      part(FILE),
      "multipart/form-data",
      "Content-Type: must have the parameter boundary",
    ],
    [
      "an overlong boundary",
      part(FILE),
      `multipart/form-data; boundary=${"x".repeat(71)}`,
      "Content-Type: must have the parameter boundary",
    ],
    [
      "another boundary",
      `${part(FILE)}--X--`,
      "multipart/form-data; boundary=Y",
      "body: must begin with the boundary from the Content-Type header",
    ],
    [
      "text before the first boundary",
      `hello\r\n${part(FILE)}--X--`,
      TYPE,
      "body: must begin with the boundary from the Content-Type header",
    ],
    [
      "line feeds without carriage returns",
      `${part(FILE)}--X--`.replaceAll("\r\n", "\n"),
      TYPE,
      "body: must begin with the boundary from the Content-Type header",
    ],
    ["no part", "--X--\r\n", TYPE, "body: must contain exactly one file, but contains none"],
    ["no last boundary", part(FILE), TYPE, "body: is incomplete: the last boundary is missing"],
    [
      "an incomplete part",
      "--X\r\nContent-Disp",
      TYPE,
      "body: is incomplete: it ends within the headers of a part",
    ],
    [
      "nothing after a boundary",
      "--X\r\n",
      TYPE,
      "body: is incomplete: it ends within the headers of a part",
    ],
    [
      "text after the last boundary",
      `${part(FILE)}--X--\r\nmore`,
      TYPE,
      "body: must end with its last boundary",
    ],
    [
      "a header without a colon",
      `--X\r\nContent-Disposition\r\n\r\nx\r\n--X--`,
      TYPE,
      "body: has a part with a malformed header",
    ],
    ["no Content-Disposition", `--X\r\nContent-Type: text/plain\r\n\r\nx\r\n--X--`, TYPE, DISPOSITION],
    ["an attachment", `${part('attachment; filename="a"')}--X--`, TYPE, DISPOSITION],
    ["an open quote", `${part('form-data; name="file; filename=a')}--X--`, TYPE, DISPOSITION],
    [
      "an invalid type",
      `${part(FILE, "x", "\r\nContent-Type: x")}--X--`,
      TYPE,
      "body: has a part whose Content-Type is not a media type, such as image/png",
    ],
    [
      "base64",
      `${part(FILE, "eA==", "\r\nContent-Transfer-Encoding: base64")}--X--`,
      TYPE,
      "body: must not have a Content-Transfer-Encoding",
    ],
    [
      "two files",
      `${part(FILE)}${part(FILE)}--X--`,
      TYPE,
      "body: must contain exactly one file, but contains more",
    ],
    [
      "a text field",
      `${part('form-data; name="visibility"', "private", "")}${part(FILE)}--X--`,
      TYPE,
      "visibility: is not a known field: send only the file in the form, and visibility in the query",
    ],
    [
      "a text field after the file",
      `${part(FILE)}${part('form-data; name="visibility"', "private", "")}--X--`,
      TYPE,
      "visibility: is not a known field: send only the file in the form, and visibility in the query",
    ],
  ])("%s", (_, body, type, detail) => {
    expect(refusal(body, type)).toBe(detail);
  });

  test("endless headers", () => {
    const body = `--X\r\n${"A: b\r\n".repeat(1_000_000)}`;
    expect(refusal(body)).toBe("body: has a part with more than 16384 bytes of headers");
  });

  test("many parts, because the search ends at the second part", () => {
    const body = utf8(part(FILE).repeat(100_000));
    expect(refusal(body)).toBe("body: must contain exactly one file, but contains more");
  });
});
