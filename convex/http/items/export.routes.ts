import { internal } from "../../_generated/api";
import { publicPath, requestTimeoutMs } from "../../lib/env.lib";
import { fail } from "../../lib/failure.lib";
import type { Position } from "../../lib/page.lib";
import { toItem } from "../../views/item.lib";
import type { Registry } from "../kit/api.kit";
import { implement } from "../kit/implement.kit";
import { pageCall } from "../kit/paging.kit";
import { ndjson } from "../kit/streams.kit";
import { exportItems } from "./export.contract";

/** The items that one query reads. The largest items have 34 KB with their search text, and a query may read 16 MiB. */
const PAGE = 200;

/** The part of the timeout of requests after which an export ends, so that the reply is complete before the timeout. */
const TIME = 0.8;

export function itemExport(api: Registry): void {
  implement(api, exportItems, (c) => {
    const ownerId = c.var.caller.userId;
    const { request, path } = pageCall(exportItems.spec().operationId, c.req.valid("query"), c.req.url);
    /** The positions of the lines. A line shows the creation time in milliseconds, but positions need the exact time. */
    const positions = new WeakMap<object, Position>();

    return ndjson(c, {
      async *lines() {
        let after = request.after;
        do {
          const page = { limit: PAGE, order: "asc" as const, ...(after && { after }) };
          const { docs, next } = await c.env.runQuery(internal.items.list, { ownerId, ...page });
          for (const doc of docs) {
            const line = toItem(doc);
            positions.set(line, { time: doc._creationTime, id: doc._id });
            yield line;
          }
          after = next;
        } while (after);
      },
      endAfterMs: requestTimeoutMs() * TIME,
      last: (sent) => {
        const position = sent && positions.get(sent);
        if (!position)
          return fail("timed_out", "No item could be read in time", { headers: { "Retry-After": "5" } });
        return { next: publicPath() + path(position) };
      },
    });
  });
}
