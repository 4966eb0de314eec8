/**
 * The table of routes: every method and path of the API. Every request loads this file, and the contracts and handlers only of
 * the resource that it asks for. This is the only file with `import()`: `npm run routes -- static` makes a file from it that
 * imports everything statically.
 */
import type * as audit from "./audit/audit.contract";
import type * as billing from "./billing/billing.contract";
import type * as data from "./data/data.contract";
import type * as deliveries from "./endpoints/deliveries.contract";
import type * as endpoints from "./endpoints/endpoints.contract";
import type * as files from "./files/files.contract";
import type * as itemExport from "./items/export.contract";
import type * as items from "./items/items.contract";
import type * as jobs from "./jobs/jobs.contract";
import type * as keys from "./keys/keys.contract";
import { resource, type Resource } from "./kit/table.kit";
import type * as session from "./session/session.contract";
import type * as healthContract from "./system/health.contract";
import { health } from "./system/health.routes";
import type * as system from "./system/system.contract";
import type * as users from "./users/users.contract";
import type * as webhookEvents from "./webhooks/events.contract";
import type { RECEIVERS } from "./webhooks/webhooks.contract";

export const RESOURCES: readonly Resource[] = [
  resource<typeof system>()(
    ["GET /", "GET /openapi.json", "GET /docs", "GET /health/ready", "GET /problems/:code"],
    async () => (await import("./system/system.routes")).system,
  ),
  resource<typeof healthContract>()(["GET /health"], () => health),
  resource<typeof session>()(
    ["GET /api/protected", "GET /api/user"],
    async () => (await import("./session/session.routes")).session,
  ),
  resource<typeof items>()(
    [
      "GET /api/items",
      "POST /api/items",
      "POST /api/items/batch",
      "GET /api/items/:itemId",
      "PATCH /api/items/:itemId",
      "DELETE /api/items/:itemId",
    ],
    async () => (await import("./items/items.routes")).items,
  ),
  resource<typeof itemExport>()(
    ["GET /api/items/export"],
    async () => (await import("./items/export.routes")).itemExport,
  ),
  resource<typeof users>()(
    [
      "GET /api/users",
      "POST /api/users",
      "GET /api/users/:id",
      "PATCH /api/users/:id",
      "DELETE /api/users/:id",
    ],
    async () => (await import("./users/users.routes")).users,
  ),
  resource<typeof keys>()(
    [
      "GET /api/keys",
      "POST /api/keys",
      "GET /api/keys/:id",
      "PATCH /api/keys/:id",
      "DELETE /api/keys/:id",
      "POST /api/keys/:id/rotate",
    ],
    async () => (await import("./keys/keys.routes")).keys,
  ),
  resource<typeof data>()(
    ["POST /api/data", "POST /api/form"],
    async () => (await import("./data/data.routes")).data,
  ),
  resource<typeof jobs>()(
    ["POST /api/process", "GET /api/jobs", "GET /api/jobs/:id"],
    async () => (await import("./jobs/jobs.routes")).jobs,
  ),
  resource<typeof files>()(
    [
      "POST /api/upload",
      "POST /api/upload-url",
      "POST /api/files",
      "GET /api/files",
      "GET /api/files/:id",
      "GET /api/files/:id/content",
      "DELETE /api/files/:id",
      "GET /files/:id",
    ],
    async () => (await import("./files/files.routes")).files(STEPS),
  ),
  resource<typeof RECEIVERS>()(
    [
      // One route for each receiver.
      "POST /webhooks/stripe",
      "POST /webhooks/clerk",
      "POST /webhooks/github",
    ],
    async () => (await import("./webhooks/webhooks.routes")).webhooks,
  ),
  resource<typeof webhookEvents>()(
    [
      "GET /api/webhook-events",
      "GET /api/webhook-events/:id",
      "DELETE /api/webhook-events/:id",
      "POST /api/webhook-events/:id/replay",
    ],
    async () => (await import("./webhooks/events.routes")).webhookEvents,
  ),
  resource<typeof endpoints>()(
    [
      "GET /api/webhook-endpoints",
      "POST /api/webhook-endpoints",
      "GET /api/webhook-endpoints/:id",
      "PATCH /api/webhook-endpoints/:id",
      "DELETE /api/webhook-endpoints/:id",
      "POST /api/webhook-endpoints/:id/rotate-secret",
      "POST /api/webhook-endpoints/:id/test",
    ],
    async () => (await import("./endpoints/endpoints.routes")).endpoints,
  ),
  resource<typeof deliveries>()(
    [
      "GET /api/webhook-endpoints/:id/deliveries",
      "GET /api/webhook-deliveries/:id",
      "POST /api/webhook-deliveries/:id/retry",
    ],
    async () => (await import("./endpoints/deliveries.routes")).deliveries,
  ),
  resource<typeof audit>()(
    ["GET /api/audit-events"],
    async () => (await import("./audit/audit.routes")).audit,
  ),
  resource<typeof billing>()(
    [
      "GET /api/payments",
      "GET /api/payments/:sessionId",
      "GET /api/subscriptions",
      "GET /api/subscriptions/:subscriptionId",
    ],
    async () => (await import("./billing/billing.routes")).billing,
  ),
];

/** Steps that only some requests need. */
export const STEPS = {
  problem: () => import("./middleware/problem.middleware"),
  admission: () => import("./middleware/credential.middleware"),
  write: () => import("./middleware/write.middleware"),
  multipart: () => import("./middleware/multipart.middleware"),
  schemas: () => import("./kit/schemas.kit"),
  paging: () => import("./kit/paging.kit"),
  deprecation: () => import("./middleware/deprecation.middleware"),
  claims: () => import("./middleware/claims.middleware"),
  cachePolicy: () => import("./middleware/cachePolicy.middleware"),
  download: () => import("./files/download.files"),
};
