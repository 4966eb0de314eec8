import { expect, test } from "vitest";
import { webGlobals } from "./webClasses";

const { Response } = webGlobals;

test("a status is an integer from 200 to 599, or its digits", async () => {
  const statusOf = (status: unknown) => new Response("text", { status: status as number }).status;
  expect(statusOf("201")).toBe(201);
  expect(statusOf(599)).toBe(599);
  for (const status of [199, 600, 200.5, Number.NaN, null, "", "2x"]) {
    expect(() => statusOf(status)).toThrow(RangeError);
  }
  expect(await new Response("text", { status: "201" as unknown as number }).text()).toBe("text");
});

test.each([204, 205, 304])("a body of status %i is dropped", async (status) => {
  for (const response of [new Response("text", { status }), Response.json({ a: 1 }, { status })]) {
    expect([response.status, await response.text()]).toEqual([status, ""]);
  }
});

test("Response.json refuses what JSON cannot represent, and sets the content type", async () => {
  const cycle: { self?: object } = {};
  cycle.self = cycle;
  for (const data of [undefined, cycle, 1n]) {
    expect(() => Response.json(data)).toThrow(
      new TypeError("Failed to execute 'json' on 'Response': The data is not JSON serializable"),
    );
  }
  const response = Response.json({ a: 1 }, { headers: { "content-type": "text/plain", "x-one": "1" } });
  expect(Object.fromEntries(response.headers)).toEqual({ "content-type": "application/json", "x-one": "1" });
  expect(await response.json()).toEqual({ a: 1 });
});
