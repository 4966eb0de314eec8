import { docsOnly } from "#docsOnly";
import { ACTS } from "../../lib/audit.lib";
import { contract, type FieldSchemas } from "../kit/contract.kit";

const AuditEvent = docsOnly(({ named, z, time }) =>
  named(
    "AuditEvent",
    z.object({
      id: z.string(),
      at: time(),
      actor: z.string(),
      action: z.string(),
      target: z.string(),
      requestId: z.exactOptional(z.string()),
    }),
    {
      id: "The event's id.",
      at: "The time of the act.",
      actor:
        "Who acted: a key (`key:ID`), a user with a token (`user:ID`), an `operator` with the admin key, or a webhook (`webhook:clerk`).",
      action: `What was done: one of ${ACTS.join(", ")}.`,
      target: "What was changed: `key:ID`, `endpoint:ID` or `user:ID`.",
      requestId: "The request's `X-Request-Id`. Absent for operators and webhooks.",
    },
  ),
);

const MAX_NAME = 200;
const name = ({ z, atMost }: Pick<FieldSchemas, "z" | "atMost">) =>
  z.string().check(z.minLength(1), atMost(MAX_NAME));

const example = docsOnly(() => ({
  id: "q37c0q9v3s1x8w6t4r0pzc5m7h6d",
  at: "2026-01-31T12:00:00.000Z",
  actor: "key:m17a0q9v3s1x8w6t4r0pzc5m7h6b",
  action: "key.revoked",
  target: "key:m17b2q9v3s1x8w6t4r0pzc5m7h6c",
  requestId: "3c4f0f0e-6f0a-4b0f-9d3c-0b5d6c1f2a77",
}));

export const listAuditEvents = contract("get", "/api/audit-events", () => ({
  operationId: "listAuditEvents",
  scope: "audit:read",
  paged: {
    filters: ({ z, atMost }) => ({ actor: name({ z, atMost }), target: name({ z, atMost }) }),
    together: [["actor", "target"]],
  },
  docs: docsOnly(({ z }) => ({
    tag: "Audit",
    summary: "List who changed keys, endpoints and users, newest first",
    description:
      "Returns the acts of the whole deployment. Keys are created, changed, rotated and revoked. Webhook endpoints are created, " +
      "changed and deleted. Scopes are changed, and users are suspended and deleted. Acts of operators and of webhooks are " +
      "included.",
    fields: {
      actor: "Returns only acts of this actor, such as `key:ID`, `user:ID`, `operator` or `webhook:clerk`.",
      target: "Returns only acts on this target, such as `key:ID`, `endpoint:ID` or `user:ID`.",
    },
    replies: { 200: z.array(AuditEvent()) },
    examples: { query: { actor: example().actor, target: example().target }, replies: { 200: [example()] } },
  })),
}));
