import { internal } from "../../_generated/api";
import { actorOf } from "../../lib/audit.lib";
import { toUser } from "../../views/user.lib";
import type { Registry } from "../kit/api.kit";
import { etag } from "../kit/conditional.kit";
import { implement } from "../kit/implement.kit";
import { createUser, deleteUser, getUser, listUsers, updateUser } from "./users.contract";

export function users(api: Registry): void {
  implement(api, listUsers, async (c) => {
    const { page } = c.var;
    const { docs, next } = await c.env.runQuery(internal.users.list, page.request);
    return c.json(docs.map(toUser), 200, page.link(next));
  });

  implement(api, createUser, async (c) => {
    const fields = c.req.valid("json");
    const user = await c.var.once((key) => c.env.runMutation(internal.users.register, { ...fields, ...key }));
    return c.json(toUser(user), 201, { Location: `/api/users/${user._id}`, ...etag(user) });
  });

  implement(api, getUser, async (c) => {
    const user = await c.env.runQuery(internal.users.get, { userId: c.req.valid("param").id });
    return c.json(toUser(user), 200, etag(user));
  });

  implement(api, updateUser, async (c) => {
    const { ifMatch } = c.var;
    const user = await c.env.runMutation(internal.users.edit, {
      userId: c.req.valid("param").id,
      ...c.req.valid("json"),
      ...(ifMatch && { ifMatch }),
    });
    return c.json(toUser(user), 200, etag(user));
  });

  implement(api, deleteUser, async (c) => {
    const { caller, ifMatch } = c.var;
    await c.env.runMutation(internal.users.erase, {
      userId: c.req.valid("param").id,
      by: actorOf(caller),
      ...(ifMatch && { ifMatch }),
    });
    return c.body(null, 204);
  });
}
