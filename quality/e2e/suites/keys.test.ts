import { expect, test } from "vitest";
import { json, page, problem } from "../../../convex/http/testing/replies.testing";
import { uniqueName, deleteAfterTest, callerFor, keyWith, create, root } from "./client";
import { describeWith } from "./describeWith";
import { given } from "./given";

const HOUR = 3_600_000;
/** A key: the prefix of the deployment, the public id, the secret and the checksum. */
const FORM = /^(?<prefix>[a-z0-9]+_)[0-9a-z]{12}_[0-9a-z]{40}_[0-9a-f]{8}$/i;

describeWith(["--key"], "keys", () => {
  test("a key is shown only when it is created", async () => {
    const expiresAt = new Date(Date.now() + HOUR).toISOString();
    const { reply, body } = await create("/api/keys", {
      name: uniqueName(),
      scopes: ["keys:read"],
      expiresAt,
    });
    const { key, ...shown } = body;
    const prefix = FORM.exec(given.key ?? "")?.groups?.["prefix"];
    expect(FORM.exec(String(key))?.groups).toEqual({ prefix });
    expect(reply.headers.get("cache-control")).toBe("no-store");
    expect(shown).toMatchObject({ scopes: ["keys:read"], expiresAt });
    const listed = await page(root("GET", "/api/keys?limit=100"));
    expect(listed.find(({ id }) => id === shown["id"])).toEqual(shown);
  });

  test("a rotated key replaces the old one, which is refused immediately", async () => {
    const old = await keyWith(["keys:read"]);
    const next = await json(root("POST", `${old.at}/rotate`));
    deleteAfterTest(`/api/keys/${String(next["id"])}`);
    expect(next).toMatchObject({ scopes: ["keys:read"] });
    await json(callerFor(String(next["key"]))("GET", "/api/protected"));
    await problem(callerFor(old.key)("GET", "/api/protected"), 403, "invalid_credential");
  });

  test("during an overlap both keys work", async () => {
    const old = await keyWith(["keys:read"]);
    const next = await json(root("POST", `${old.at}/rotate`, { overlapSeconds: 600 }));
    deleteAfterTest(`/api/keys/${String(next["id"])}`);
    for (const key of [old.key, String(next["key"])]) await json(callerFor(key)("GET", "/api/protected"));
  });

  test("an expired key or a key with an unknown scope cannot be created", async () => {
    const past = { name: uniqueName(), scopes: ["keys:read"], expiresAt: "2020-01-01T00:00:00.000Z" };
    await problem(root("POST", "/api/keys", past), 400, "invalid_request");
    await problem(root("POST", "/api/keys", { name: uniqueName(), scopes: ["all"] }), 400, "invalid_request");
  });
});
