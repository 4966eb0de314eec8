import { describe, expect, test, vi } from "vitest";
import { checked } from "./check";
import { against, JSON_TYPE, KEY, ok, refused, things, useRecords } from "./things.fixture";

const { recorded } = useRecords();

describe("documented traffic", () => {
  test("passes, and its body stays readable", async () => {
    const reply = ok([{ id: "1" }], { headers: { "X-Total": "1", Date: "today" } });
    expect(await against("/things?limit=100", { headers: KEY }, reply)).toEqual([]);
    expect(await reply.json()).toEqual([{ id: "1" }]);
  });

  test("is recorded by operation, status and media type", async () => {
    await against("/things/new/", {}, new Response(null, { status: 204 }));
    await against("http://elsewhere/things", {}, refused(401));
    expect(recorded()).toEqual({
      replies: new Set(["getNewThing 204 no body", "listThings 401 application/problem+json"]),
      violations: [],
    });
  });

  test.each([404, 405])("may be a problem %i for an undocumented path", async (status) => {
    expect(await against("/nowhere", {}, refused(status))).toEqual([]);
  });

  test("of an undocumented method is checked against the 405 of the path's operations, and counts for each of them", async () => {
    const put = () => against("/things", { method: "PUT" }, refused(405));
    expect(await put()).toEqual(["- status 405 is not documented"]);
    expect(await against("/things/new", { method: "PUT" }, refused(405))).toEqual([]);
    expect(recorded().replies).toEqual(
      new Set(["getNewThing 405 application/problem+json", "getThing 405 application/problem+json"]),
    );
  });

  test("of HEAD has the headers of GET and no body", async () => {
    const headers = { ...JSON_TYPE, "X-Total": "1" };
    expect(
      await against("/things", { method: "HEAD", headers: KEY }, new Response(null, { headers })),
    ).toEqual([]);
  });
});

describe("a streamed request body", () => {
  test("reaches the server", async () => {
    let sent = "";
    const send = checked(
      async (_url, init) => {
        sent = await new Response(init?.body as ReadableStream).text();
        return ok({ id: "1" }, { status: 201, headers: { "X-Request-Id": "r1" } });
      },
      { described: things },
    );
    await send("/things", { method: "POST", body: new Response('{"name":"a"}').body, headers: JSON_TYPE });
    expect(sent).toBe('{"name":"a"}');
  });

  test("is cancelled when the server refuses it", async () => {
    const cancel = vi.fn();
    const send = checked(
      async (_url, init) => {
        await (init?.body as ReadableStream).cancel();
        return refused(400, {}, { "X-Request-Id": "r1" });
      },
      { described: things },
    );
    const body = new ReadableStream({ cancel });
    expect((await send("/things", { method: "POST", body })).status).toBe(400);
    expect(cancel).toHaveBeenCalledOnce();
  });
});

test("the caller gets the error of a truncated reply", async () => {
  const body = new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) });
  const reply = new Response(body);
  const send = checked(() => Promise.resolve(reply), { described: things });
  await expect((await send("/things/1")).text()).rejects.toThrow("gone");
});
