import { docsOnly } from "#docsOnly";
import { contract } from "../kit/contract.kit";
import { bolt, Item } from "./items.contract";

export const exportItems = contract("get", "/api/items/export", () => ({
  operationId: "exportItems",
  scope: "items:read",
  query: ({ z }) => ({ cursor: z.exactOptional(z.string()) }),
  docs: docsOnly(({ reply, withFields, z }) => ({
    tag: "Items",
    summary: "Export all items of the caller, oldest first",
    description:
      "Streams the items as NDJSON, one on each line, each as in `GET /api/items/{itemId}`. A reply ends before 20 MiB and before the " +
      'timeout of requests. If more items are left, its last line is `{"next": …}`: request that path with the same credential. ' +
      "A complete reply without `next` and without `problem` on its last line contains the last item. If the connection breaks, the reply " +
      "is incomplete even if it ends after a whole line, and HTTP clients report an error. Each item that exists at the start and is " +
      "not deleted during the export is on exactly one line.",
    fields: { cursor: "The start of the reply. Take it from `next` in the last line of the previous reply." },
    problems: ["invalid_cursor"],
    replies: {
      200: reply.ndjson(Item(), {
        last: withFields(z.object({ next: z.string() }), {
          next: "The path and query of the request for the next items.",
        }),
      }),
    },
    examples: { replies: { 200: bolt() } },
  })),
}));
