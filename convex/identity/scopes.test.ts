import { expect, test } from "vitest";
import { covers, firstMissingScope, GRANTS, SCOPES } from "./scopes.lib";
import { NEW_USER_SCOPES } from "./users.lib";

test("scopes are exact: each covers itself alone, and * covers all", () => {
  for (const scope of SCOPES) {
    expect(SCOPES.filter((needed) => covers([scope], needed))).toEqual([scope]);
    expect(covers(["*"], scope)).toBe(true);
    expect(covers([], scope)).toBe(false);
  }
});

test("what is no scope covers nothing", () => {
  for (const grant of ["items", "items:", "items:*", "ITEMS:READ", "items:read ", "", "**"])
    expect(SCOPES.filter((needed) => covers([grant], needed))).toEqual([]);
});

test("nobody hands out what they lack, * least of all", () => {
  expect(firstMissingScope(["items:read", "keys:write"], ["keys:write", "items:read"])).toBeUndefined();
  expect(firstMissingScope(["items:read"], ["items:read", "items:write", "keys:read"])).toBe("items:write");
  expect(firstMissingScope([...SCOPES], ["*"])).toBe("*");
  expect(firstMissingScope(["*"], [...GRANTS])).toBeUndefined();
  expect(firstMissingScope([], [])).toBeUndefined();
});

test("a new user may do with its own things what it likes, and nothing with the deployment's", () => {
  const own = ["items", "files", "keys", "jobs"];
  expect([...NEW_USER_SCOPES].sort()).toEqual(
    own.flatMap((kind) => [`${kind}:read`, `${kind}:write`]).sort(),
  );
});
