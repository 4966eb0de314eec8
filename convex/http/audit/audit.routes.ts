import { internal } from "../../_generated/api";
import { toAuditEvent } from "../../views/auditEvent.lib";
import type { Registry } from "../kit/api.kit";
import { implement } from "../kit/implement.kit";
import { listAuditEvents } from "./audit.contract";

export function audit(api: Registry): void {
  implement(api, listAuditEvents, async (c) => {
    const { page } = c.var;
    // The query also has `limit` and `cursor`.
    const { actor, target } = c.req.valid("query");
    const { docs, next } = await c.env.runQuery(internal.audit.list, {
      ...(actor !== undefined && { actor }),
      ...(target !== undefined && { target }),
      ...page.request,
    });
    return c.json(docs.map(toAuditEvent), 200, page.link(next));
  });
}
