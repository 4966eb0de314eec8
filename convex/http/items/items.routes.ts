import { internal } from "../../_generated/api";
import { toItem } from "../../views/item.lib";
import type { Registry } from "../kit/api.kit";
import { etag } from "../kit/conditional.kit";
import { implement } from "../kit/implement.kit";
import { createItem, createItems, deleteItem, getItem, updateItem, listItems } from "./items.contract";

export function items(api: Registry): void {
  implement(api, listItems, async (c) => {
    const { caller, page } = c.var;
    const ownerId = caller.userId;
    const { docs, next } = page.search
      ? await c.env.runQuery(internal.items.search, { ownerId, ...page.search })
      : await c.env.runQuery(internal.items.list, { ownerId, ...page.request });
    return c.json(docs.map(toItem), 200, page.link(next));
  });

  implement(api, createItem, async (c) => {
    const { caller, once } = c.var;
    const fields = { ownerId: caller.userId, ...c.req.valid("json") };
    const item = await once((key) => c.env.runMutation(internal.items.create, { ...fields, ...key }));
    return c.json(toItem(item), 201, { Location: `/api/items/${item._id}`, ...etag(item) });
  });

  implement(api, createItems, async (c) => {
    const { caller, once } = c.var;
    const batch = { ownerId: caller.userId, items: c.req.valid("json") };
    const made = await once((key) => c.env.runMutation(internal.items.createBatch, { ...batch, ...key }));
    return c.json(made.map(toItem), 201);
  });

  implement(api, getItem, async (c) => {
    const item = await c.env.runQuery(internal.items.get, {
      ownerId: c.var.caller.userId,
      ...c.req.valid("param"),
    });
    return c.json(toItem(item), 200, etag(item));
  });

  implement(api, updateItem, async (c) => {
    const { caller, ifMatch } = c.var;
    const item = await c.env.runMutation(internal.items.update, {
      ownerId: caller.userId,
      ...c.req.valid("param"),
      ...c.req.valid("json"),
      ...(ifMatch && { ifMatch }),
    });
    return c.json(toItem(item), 200, etag(item));
  });

  implement(api, deleteItem, async (c) => {
    const { caller, ifMatch } = c.var;
    await c.env.runMutation(internal.items.remove, {
      ownerId: caller.userId,
      ...c.req.valid("param"),
      ...(ifMatch && { ifMatch }),
    });
    return c.body(null, 204);
  });
}
