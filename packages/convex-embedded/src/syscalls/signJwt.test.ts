/** Tokens that mutations sign, on a server and in the harness. */
import { createLocalJWKSet, createRemoteJWKSet, jwtVerify } from "jose";
import type { JSONWebKeySet } from "jose";
import type { GenericDataModel, GenericMutationCtx } from "convex/server";
import { describe, expect, test } from "vitest";
import { RULES, serve, temporaryDirectory } from "../../fixtures/serve";
import { convexTest } from "../testing/index";

type Options = Parameters<GenericMutationCtx<GenericDataModel>["auth"]["signJwt"]>[0];

interface Syscalls {
  readonly asyncSyscall: (operation: string, json: string) => Promise<string>;
}

describe("on a server", () => {
  test("a token is verified by the keys of /.well-known/jwks.json, also after a restart", async () => {
    const directory = temporaryDirectory();
    const first = await serve({ project: RULES, data: directory });
    const args = { claims: { aud: "partner", sub: "ada" }, expiresInSeconds: 60 };
    const token = (await first.server.run("caller:sign", args)) as string;
    const origin = first.server.apiUrl;
    await first.server.close();

    const { server } = await serve({ project: RULES, data: directory });
    const keys = createRemoteJWKSet(new URL(`${server.apiUrl}/.well-known/jwks.json`));
    const { payload } = await jwtVerify(token, keys, { audience: "partner", issuer: origin });
    expect(payload).toMatchObject({ sub: "ada", jti: expect.any(String) as string });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
  });

  test.each<[string, object, number, string]>([
    ["without an audience", { sub: "ada" }, 60, "The 'aud' claim is required."],
    ["with an empty audience", { aud: [] }, 60, "The 'aud' claim must be a non-empty string"],
    ["with an issuer", { aud: "a", iss: "b" }, 60, "The 'iss' claim is set by Convex and can't be provided"],
    ["with nbf", { aud: "a", nbf: 1 }, 60, "The 'nbf' claim is reserved by Convex and can't be provided"],
    ["with a reserved name", { aud: "a", CVX_x: 1 }, 60, "The 'CVX_x' claim can't be provided"],
    ["with an empty subject", { aud: "a", sub: "" }, 60, "The 'sub' claim must be a non-empty string"],
    ["with a number as its id", { aud: "a", jti: 1 }, 60, "The 'jti' claim must be a non-empty string"],
    ["for less than a second", { aud: "a" }, 0.5, "a number of seconds, at least 1"],
    ["for more than an hour", { aud: "a" }, 3_601, "between 1 second and 3600 seconds"],
    ["that is too long", { aud: "a", text: "x".repeat(8_000) }, 60, "over the 8000 byte limit"],
  ])("a token %s is refused", async (_what, claims, expiresInSeconds, message) => {
    const { server } = await serve({ project: RULES });
    // Safe: the claims are JSON.
    const args = { claims, expiresInSeconds } as unknown as Parameters<typeof server.run>[1];
    await expect(server.run("caller:sign", args)).rejects.toThrow(message);
  });
});

test("t.jwks of the harness verifies the tokens of its instance", async () => {
  const modules = { "./convex/_generated/api.js": () => Promise.resolve({}) };
  const t = convexTest({ modules });
  const options: Options = { claims: { aud: "partner" }, expiresInSeconds: 60 };
  const token = await t.mutation((ctx) =>
    (ctx as unknown as GenericMutationCtx<GenericDataModel>).auth.signJwt(options),
  );
  // The types of `convex-test` 0.0.60 lack `jwks`.
  const { jwks } = t as unknown as { jwks: () => Promise<JSONWebKeySet> };
  const { payload } = await jwtVerify(token, createLocalJWKSet(await jwks()), { audience: "partner" });
  expect(payload.iss).toBe("https://some-deployment.convex.cloud");
  // The context of a query has no `signJwt`.
  const query = t.query(() =>
    (Reflect.get(globalThis, "Convex") as Syscalls).asyncSyscall("1.0/signJwt", JSON.stringify(options)),
  );
  await expect(query).rejects.toThrow("ctx.auth.signJwt() can't be called from a query.");
});
