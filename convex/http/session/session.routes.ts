import { internal } from "../../_generated/api";
import { toTime } from "../../lib/time.lib";
import { refuseCredential } from "../../identity/scopes.lib";
import type { Registry } from "../kit/api.kit";
import { etag } from "../kit/conditional.kit";
import { implement } from "../kit/implement.kit";
import { toUser } from "../../views/user.lib";
import { getCurrentUser, getProtected } from "./session.contract";

export function session(api: Registry): void {
  implement(api, getProtected, async (c) => {
    // Only a token that the request sends in both headers has no key here.
    const { id: keyId } = c.var.caller.key ?? refuseCredential("key");
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
