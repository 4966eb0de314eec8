import { describe, expect, test, vi } from "vitest";
import { checked } from "./check";
import { against, JSON_TYPE, KEY, ok, refused, things, useNotes } from "./things.fixture";

const { noted } = useNotes();

describe("documented traffic", () => {
  test("passes, whole and readable", async () => {
    const answered = ok([{ id: "1" }], { headers: { "X-Total": "1", Date: "today" } });
    expect(await against("/things?limit=100", { headers: KEY }, answered)).toEqual([]);
    expect(await answered.json()).toEqual([{ id: "1" }]);
  });

  test("is noted, by operation, status and media type", async () => {
    await against("/things/new/", {}, new Response(null, { status: 204 }));
    await against("http://elsewhere/things", {}, refused(401));
    expect(noted()).toEqual({
      replies: new Set(["getNewThing 204 no body", "listThings 401 application/problem+json"]),
      violations: [],
    });
  });

  test.each([404, 405])("a problem %i is the answer to a path that it does not have", async (status) => {
    expect(await against("/nowhere", {}, refused(status))).toEqual([]);
  });

  test("a method that a path does not have is what its operations say it is, and counts for each of them", async () => {
    const put = () => against("/things", { method: "PUT" }, refused(405));
    expect(await put()).toEqual(["- status 405 is not documented"]);
    expect(await against("/things/new", { method: "PUT" }, refused(405))).toEqual([]);
    expect(noted().replies).toEqual(
      new Set(["getNewThing 405 application/problem+json", "getThing 405 application/problem+json"]),
    );
  });

  test("HEAD is answered like GET, without the body", async () => {
    const headers = { ...JSON_TYPE, "X-Total": "1" };
    expect(
      await against("/things", { method: "HEAD", headers: KEY }, new Response(null, { headers })),
    ).toEqual([]);
  });
});

describe("a stream", () => {
  test("reaches who is asked, too", async () => {
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

  test("is not awaited when the server refuses it", async () => {
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

test("a reply that breaks off is for its caller to meet", async () => {
  const body = new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) });
  const answered = new Response(body);
  const send = checked(() => Promise.resolve(answered), { described: things });
  await expect((await send("/things/1")).text()).rejects.toThrow("gone");
});
