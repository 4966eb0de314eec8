import { expect, test } from "vitest";
import { json, page, problem } from "../../../convex/http/testing/replies.testing";
import { uniqueName, create, root } from "./client";
import { describeWith } from "./describeWith";

const email = () => `${uniqueName()}@example.com`;

describeWith(["--key"], "users", () => {
  test("a user is created, listed, changed and deleted", async () => {
    const address = email();
    const { reply, body, at } = await create("/api/users", { email: address, name: "Ada Lovelace" });
    expect(reply.headers.get("location")).toBe(at);
    expect(body).toMatchObject({ email: address, name: "Ada Lovelace" });
    expect(await json(root("GET", at))).toEqual(body);
    expect((await page(root("GET", "/api/users?limit=100"))).map(({ id }) => id)).toContain(body["id"]);

    const guard = { "If-Match": reply.headers.get("etag") ?? "" };
    expect(await json(root("PATCH", at, { name: "Ada King" }, guard))).toMatchObject({ name: "Ada King" });
    await problem(root("PATCH", at, { name: "Nobody" }, guard), 412, "precondition_failed");

    expect((await root("DELETE", at)).status).toBe(204);
    await problem(root("GET", at), 404, "not_found");
  });

  test("an email can be used once, in any letter case", async () => {
    const address = email();
    const first = await create("/api/users", { email: address, name: "First" });
    const same = root("POST", "/api/users", { email: address.toUpperCase(), name: "Second" });
    await problem(same, 409, "conflict");
    const second = await create("/api/users", { email: email(), name: "Second" });
    await problem(root("PATCH", second.at, { email: first.body["email"] }), 409, "conflict");
  });

  test("an invalid email is refused", async () => {
    const { errors } = await problem(
      root("POST", "/api/users", { email: "nobody", name: "Nobody" }),
      400,
      "invalid_request",
    );
    expect(errors).toMatchObject([{ in: "body", path: "email" }]);
  });
});
