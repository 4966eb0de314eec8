import { describe, expect, test } from "vitest";
import { missing } from "./coverage";
import { describedBy } from "./described";

const document = describedBy({
  paths: {
    "/a": {
      get: {
        operationId: "getA",
        responses: { 200: { content: { "application/json": {} } }, 304: {}, 500: {}, 503: {} },
      },
    },
  },
  components: { schemas: { Problem: {} } },
});
const ALL = ["getA 200 application/json", "getA 304 no body", "getA 500 no body", "getA 503 no body"];
const allBut = (reply: string) => new Set(ALL.filter((other) => other !== reply));
const except = (status: number, operationId = "getA") => ({
  operationId,
  status,
  reason: "Tests cannot produce this reply",
});

describe("documented replies", () => {
  test("are complete when tests have produced all of them", () => {
    expect(missing(document, new Set(ALL), [])).toEqual([]);
  });

  test.each(ALL)("include %s as missing when no test produced it", (reply) => {
    expect(missing(document, allBut(reply), [])).toEqual([`no test produced ${reply}`]);
  });

  test("differ when their media types differ", () => {
    const replies = new Set([...allBut("getA 200 application/json"), "getA 200 text/html"]);
    expect(missing(document, replies, [])).toEqual(["no test produced getA 200 application/json"]);
  });
});

describe("an exception", () => {
  test("excuses an error of the server", () => {
    expect(missing(document, allBut("getA 500 no body"), [except(500)])).toEqual([]);
  });

  test("excuses neither a success nor a refusal", () => {
    const found = missing(document, allBut("getA 304 no body"), [except(304)]);
    expect(found).toEqual(["getA 304 cannot be excepted: only 5xx can"]);
  });

  test.each([
    ["was produced after all", except(500)],
    ["is no longer documented", except(502)],
    ["belongs to no operation", except(500, "getB")],
  ])("is reported as unnecessary when its reply %s", (_, exception) => {
    const found = missing(document, new Set(ALL), [exception]);
    expect(found).toEqual([`${exception.operationId} ${exception.status} needs no exception`]);
  });

  test("is refused beyond the limit of ten", () => {
    const many = Array.from({ length: 11 }, () => except(500));
    expect(missing(document, allBut("getA 500 no body"), many)).toEqual(["11 exceptions are more than 10"]);
  });
});
