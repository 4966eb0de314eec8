import { expect, test } from "vitest";
import { covers, firstMissingScope, GRANTS, SCOPES } from "./scopes.lib";
import { NEW_USER_SCOPES } from "./users.lib";

test("each scope covers only itself, and * covers all", () => {
  for (const scope of SCOPES) {
    expect(SCOPES.filter((needed) => covers([scope], needed))).toEqual([scope]);
    expect(covers(["*"], scope)).toBe(true);
    expect(covers([], scope)).toBe(false);
  }
});

test("an unknown grant covers nothing", () => {
  for (const grant of ["jobs", "jobs:", "jobs:*", "JOBS:READ", "jobs:read ", "", "**"])
    expect(SCOPES.filter((needed) => covers([grant], needed))).toEqual([]);
});

test("firstMissingScope returns the first scope that is not granted", () => {
  expect(firstMissingScope(["jobs:read", "keys:write"], ["keys:write", "jobs:read"])).toBeUndefined();
  expect(firstMissingScope(["jobs:read"], ["jobs:read", "jobs:write", "keys:read"])).toBe("jobs:write");
  expect(firstMissingScope([...SCOPES], ["*"])).toBe("*");
  expect(firstMissingScope(["*"], [...GRANTS])).toBeUndefined();
  expect(firstMissingScope([], [])).toBeUndefined();
});

test("a new user has all scopes for its own resources, and none for the deployment's", () => {
  const own = ["items", "files", "keys", "jobs", "endpoints"];
  expect([...NEW_USER_SCOPES].sort()).toEqual(
    own.flatMap((kind) => [`${kind}:read`, `${kind}:write`]).sort(),
  );
});
