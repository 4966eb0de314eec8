import { expect, test } from "vitest";
import { withoutIdentity } from "./origins";

test("a component sees the request but not the identity of its sender", () => {
  const scheduledBy = { id: "job", kind: "action" } as const;
  const origin = { ip: "192.0.2.1", userAgent: "test", requestId: "0123", token: "secret", scheduledBy };
  const { ip, userAgent, requestId, token, scheduledBy: by } = withoutIdentity(origin);
  expect({ ip, userAgent, requestId, token, by }).toEqual({
    ip: "192.0.2.1",
    userAgent: "test",
    requestId: "0123",
    token: null,
    by: scheduledBy,
  });
  const once = withoutIdentity(origin);
  expect(withoutIdentity(once)).toBe(once);
});
