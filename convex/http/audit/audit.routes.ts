import { internal } from "../../_generated/api";
import { toAuditEvent } from "../../views/auditEvent.lib";
import type { Registry } from "../kit/api.kit";
import { implement } from "../kit/implement.kit";
import { listAuditEvents } from "./audit.contract";

export function audit(api: Registry): void {
  implement(api, listAuditEvents, async (c) => {
    const { page } = c.var;
    const { docs, next } = await c.env.runQuery(internal.audit.list, page.request);
    return c.json(docs.map(toAuditEvent), 200, page.link(next));
  });
}
