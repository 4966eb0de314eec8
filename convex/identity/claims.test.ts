import { describe, expect, test } from "vitest";
import { claimsOf } from "./claims.lib";

const issuer = "https://issuer.example.test";
const ada = { issuer, subject: "ada", tokenIdentifier: `${issuer}|ada` };

describe("an email", () => {
  test.each([undefined, "", " ", "ada", "ada@", "\u212aate@example.com", "a@x.example, b@x.example"])(
    "%j counts as absent, and is never verified",
    (email) => {
      const claims = claimsOf({ ...ada, ...(email !== undefined && { email }), emailVerified: true });
      expect(claims).not.toHaveProperty("email");
      expect(claims).toMatchObject({ subject: "ada", emailVerified: false });
    },
  );

  test("keeps its letter case", () => {
    const email = "Ada@Example.com";
    expect(claimsOf({ ...ada, email })).toMatchObject({ email, emailVerified: false });
    expect(claimsOf({ ...ada, email, emailVerified: true })).toMatchObject({ email, emailVerified: true });
  });
});

describe("the name", () => {
  const names = { givenName: "Ada", familyName: "King", preferredUsername: "countess", nickname: "al" };

  test.each([
    [{ name: " Ada Lovelace ", ...names }, "Ada Lovelace"],
    [{ name: " ", ...names }, "Ada King"],
    [{ ...names, familyName: "" }, "Ada"],
    [{ ...names, givenName: "" }, "King"],
    [{ ...names, givenName: " ", familyName: "" }, "countess"],
    [{ nickname: "al", preferredUsername: "" }, "al"],
    [{ nickname: "\u00a0" }, undefined],
  ])("of %j is %j", (claims, name) => {
    expect(claimsOf({ ...ada, ...claims })?.name).toBe(name);
  });
});

describe("a token is invalid with", () => {
  const TEXTS = ["name", "givenName", "familyName", "nickname", "preferredUsername", "email"] as const;
  const IDS = ["subject", "issuer", "tokenIdentifier"] as const;

  test.each([...IDS, ...TEXTS, "address", "custom"])("a lone surrogate or NUL in %s", (claim) => {
    for (const bad of ["a\ud800", "\udfffb", "\ude00\ud83d", "a\0b"])
      expect(claimsOf({ ...ada, [claim]: bad })).toBeNull();
    expect(claimsOf({ ...ada, [claim]: "a😀b" })).not.toBeNull();
  });

  test.each([...IDS, ...TEXTS])("a control character in %s", (claim) => {
    for (const bad of ["\u0001", "\t", "\n", "\r", "\u001f", "\u007f", "\u0085", "\u009f"])
      expect(claimsOf({ ...ada, [claim]: `a${bad}b` })).toBeNull();
  });

  test("a lone surrogate or NUL nested in a claim", () => {
    for (const bad of [["\ud800"], { a: [{ b: "\0" }] }, { "\udc00": 1 }])
      expect(claimsOf({ ...ada, groups: bad })).toBeNull();
  });
});

test("a claim that the API does not use may contain a line break", () => {
  expect(claimsOf({ ...ada, address: "12 St James's Square\nLondon" })).toMatchObject({ subject: "ada" });
});
