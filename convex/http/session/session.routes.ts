import { internal } from "../../_generated/api";
import { fail } from "../../lib/failure.lib";
import { toTime } from "../../lib/time.lib";
import type { Registry } from "../kit/api.kit";
import { etag } from "../kit/conditional.kit";
import { implement } from "../kit/implement.kit";
import { toUser } from "../../views/user.lib";
import { getCurrentUser, getProtected } from "./session.contract";

export function session(api: Registry): void {
  implement(api, getProtected, async (c) => {
    // This route reads only X-API-Key, so the caller always has a key.
    const { id: keyId } = c.var.caller.key ?? fail("invalid_credential", "Invalid API key");
    const { key, owner } = await c.env.runQuery(internal.data.getProtectedData, { keyId });
    return c.json(
      {
        id: key._id,
        name: key.name,
        scopes: key.scopes,
        owner: toUser(owner),
        ...(key.expiresAt !== undefined && { expiresAt: toTime(key.expiresAt) }),
      },
      200,
    );
  });

  implement(api, getCurrentUser, async (c) => {
    const user = await c.env.runQuery(internal.users.get, { userId: c.var.caller.userId });
    return c.json(toUser(user), 200, etag(user));
  });
}
