import { decodeJwt } from "jose";
import { describe, expect, test, vi } from "vitest";
import { api, components } from "../../fixtures/harness/convex/references.lib";
import { BOTH, start, startWithCounters } from "./harnessForTests";

describe.each(BOTH)("on %s", (_name, convexTest) => {
  test("the identity is the test's, with missing attributes filled in", async () => {
    const t = start(convexTest);
    expect(await t.query(api.messages.author)).toBeNull();
    const ada = t.withIdentity({ name: "Ada" });
    const identity = await ada.run((ctx) => ctx.auth.getUserIdentity());
    expect(identity).toEqual({
      name: "Ada",
      issuer: "https://convex.test",
      subject: expect.stringMatching(/^-?\d+$/) as string,
      tokenIdentifier: `https://convex.test|${String(identity?.subject)}`,
    });
    expect(await t.withIdentity({ name: "Ada" }).query(api.messages.author)).toBe(identity?.tokenIdentifier);
    expect(await t.withIdentity({ name: "Bob" }).query(api.messages.author)).not.toBe(
      identity?.tokenIdentifier,
    );
    const own = { subject: "ada", issuer: "https://a.test", tokenIdentifier: "mine" };
    expect(await t.withIdentity(own).query((ctx) => ctx.auth.getUserIdentity())).toEqual(own);
    expect(await t.query(api.messages.author)).toBeNull();
  });

  test("functions that an action calls have its identity, but functions in a component have none", async () => {
    const ada = startWithCounters(convexTest).withIdentity({ tokenIdentifier: "ada" });
    expect(await ada.action(api.nested.author)).toEqual(["ada", null]);
    // A component that the test calls directly gets the identity.
    expect(await ada.query(components.counter.lib.author)).toBe("ada");
  });

  test("a request has the address, user agent and token that the test gives", async () => {
    const t = start(convexTest);
    const metadata = () => t.mutation((ctx) => ctx.meta.getRequestMetadata());
    const first = await metadata();
    expect(first).toEqual({
      ip: null,
      userAgent: null,
      scheduledFunctionId: null,
      authToken: null,
      requestId: expect.any(String) as string,
    });
    expect((await metadata()).requestId).not.toBe(first.requestId);
    const ada = t
      .withRequestMetadata({ ip: "192.0.2.1" })
      .withIdentity({ subject: "ada", pictureUrl: "https://p" });
    const received = await ada.action((ctx) => ctx.meta.getRequestMetadata());
    expect(received).toMatchObject({ ip: "192.0.2.1", userAgent: null });
    expect(decodeJwt(received.authToken ?? "")).toEqual({
      sub: "ada",
      iss: "https://convex.test",
      picture: "https://p",
    });
    const replaced = ada.withRequestMetadata({ userAgent: "test" });
    expect(await replaced.run((ctx) => ctx.meta.getRequestMetadata())).toMatchObject({
      ip: null,
      userAgent: "test",
      authToken: received.authToken,
    });
  });

  test("HTTP actions are found by method and path, and receive the request", async () => {
    const t = start(convexTest);
    const response = await t.fetch("/messages?a=1", { method: "POST", body: "hello" });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ bodies: ["hello"], query: "?a=1" });
    expect((await t.fetch("/messages")).status).toBe(404);
    await expect(t.fetch("messages")).rejects.toThrow("start with");
    await expect(t.fetch("/fails/always")).rejects.toThrow("on purpose");
    expect((await t.fetch("/whoami", { method: "HEAD" })).status).toBe(200);
  });

  test("HTTP actions have the test's identity; headers do not change it", async () => {
    const t = start(convexTest);
    const headers = {
      Authorization: "Bearer x.y.z",
      "User-Agent": "browser",
      "X-Forwarded-For": "192.0.2.9",
    };
    expect(await (await t.fetch("/whoami", { headers })).json()).toEqual({
      ip: null,
      userAgent: null,
      name: null,
    });
    const ada = t.withIdentity({ name: "Ada" }).withRequestMetadata({ ip: "192.0.2.1", userAgent: "test" });
    expect(await (await ada.fetch("/whoami")).json()).toEqual({
      ip: "192.0.2.1",
      userAgent: "test",
      name: "Ada",
    });
  });

  test("a function knows its name, and a scheduled one its job", async () => {
    vi.useFakeTimers();
    const t = start(convexTest);
    await t.mutation((ctx) => ctx.scheduler.runAfter(0, api.nested.sendMetadata, {}));
    await t.finishAllScheduledFunctions(vi.runAllTimers);
    vi.useRealTimers();
    const [job] = await t.run((ctx) => ctx.db.system.query("_scheduled_functions").collect());
    expect(await t.query(api.messages.bodies)).toEqual(["nested:sendMetadata", job?._id]);
    expect(await t.action((ctx) => ctx.meta.getFunctionMetadata())).toEqual({
      name: "inline",
      componentPath: "",
      type: "action",
      visibility: "public",
    });
  });
});
