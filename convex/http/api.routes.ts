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
  resource<typeof system>(
    {
      getIndex: "GET /",
      getOpenApi: "GET /openapi.json",
      getDocs: "GET /docs",
      getReadiness: "GET /health/ready",
      getProblem: "GET /problems/:code",
    },
    async () => (await import("./system/system.routes")).system,
  ),
  resource<typeof healthContract>({ getHealth: "GET /health" }, () => health),
  resource<typeof session>(
    { getProtected: "GET /api/protected", getCurrentUser: "GET /api/user" },
    async () => (await import("./session/session.routes")).session,
  ),
  resource<typeof items>(
    {
      listItems: "GET /api/items",
      createItem: "POST /api/items",
      createItems: "POST /api/items/batch",
      getItem: "GET /api/items/:itemId",
      updateItem: "PATCH /api/items/:itemId",
      deleteItem: "DELETE /api/items/:itemId",
    },
    async () => (await import("./items/items.routes")).items,
  ),
  resource<typeof itemExport>(
    { exportItems: "GET /api/items/export" },
    async () => (await import("./items/export.routes")).itemExport,
  ),
  resource<typeof users>(
    {
      listUsers: "GET /api/users",
      createUser: "POST /api/users",
      getUser: "GET /api/users/:id",
      updateUser: "PATCH /api/users/:id",
      deleteUser: "DELETE /api/users/:id",
    },
    async () => (await import("./users/users.routes")).users,
  ),
  resource<typeof keys>(
    {
      listKeys: "GET /api/keys",
      createKey: "POST /api/keys",
      getKey: "GET /api/keys/:id",
      updateKey: "PATCH /api/keys/:id",
      revokeKey: "DELETE /api/keys/:id",
      rotateKey: "POST /api/keys/:id/rotate",
    },
    async () => (await import("./keys/keys.routes")).keys,
  ),
  resource<typeof data>(
    { receiveData: "POST /api/data", receiveForm: "POST /api/form" },
    async () => (await import("./data/data.routes")).data,
  ),
  resource<typeof jobs>(
    { processData: "POST /api/process", listJobs: "GET /api/jobs", getJob: "GET /api/jobs/:id" },
    async () => (await import("./jobs/jobs.routes")).jobs,
  ),
  resource<typeof files>(
    {
      uploadFile: "POST /api/upload",
      createUploadUrl: "POST /api/upload-url",
      registerFile: "POST /api/files",
      listFiles: "GET /api/files",
      getFile: "GET /api/files/:id",
      downloadFile: "GET /api/files/:id/content",
      deleteFile: "DELETE /api/files/:id",
      openFile: "GET /files/:id",
    },
    async () => (await import("./files/files.routes")).files(STEPS),
  ),
  resource<typeof RECEIVERS>(
    {
      stripe: "POST /webhooks/stripe",
      clerk: "POST /webhooks/clerk",
      github: "POST /webhooks/github",
    },
    async () => (await import("./webhooks/webhooks.routes")).webhooks,
  ),
  resource<typeof webhookEvents>(
    {
      listWebhookEvents: "GET /api/webhook-events",
      getWebhookEvent: "GET /api/webhook-events/:id",
      eraseWebhookPayload: "DELETE /api/webhook-events/:id",
      replayWebhookEvent: "POST /api/webhook-events/:id/replay",
    },
    async () => (await import("./webhooks/events.routes")).webhookEvents,
  ),
  resource<typeof endpoints>(
    {
      listEndpoints: "GET /api/webhook-endpoints",
      createEndpoint: "POST /api/webhook-endpoints",
      getEndpoint: "GET /api/webhook-endpoints/:id",
      updateEndpoint: "PATCH /api/webhook-endpoints/:id",
      deleteEndpoint: "DELETE /api/webhook-endpoints/:id",
      rotateSecret: "POST /api/webhook-endpoints/:id/rotate-secret",
      testEndpoint: "POST /api/webhook-endpoints/:id/test",
    },
    async () => (await import("./endpoints/endpoints.routes")).endpoints,
  ),
  resource<typeof deliveries>(
    {
      listDeliveries: "GET /api/webhook-endpoints/:id/deliveries",
      getDelivery: "GET /api/webhook-deliveries/:id",
      retryDelivery: "POST /api/webhook-deliveries/:id/retry",
    },
    async () => (await import("./endpoints/deliveries.routes")).deliveries,
  ),
  resource<typeof audit>(
    { listAuditEvents: "GET /api/audit-events" },
    async () => (await import("./audit/audit.routes")).audit,
  ),
  resource<typeof billing>(
    {
      listPayments: "GET /api/payments",
      getPayment: "GET /api/payments/:sessionId",
      listSubscriptions: "GET /api/subscriptions",
      getSubscription: "GET /api/subscriptions/:subscriptionId",
    },
    async () => (await import("./billing/billing.routes")).billing,
  ),
];

/** Steps that only some requests need. */
export const STEPS = {
  problem: () => import("./middleware/problem.middleware"),
  admission: () => import("./middleware/credential.middleware"),
  write: () => import("./middleware/write.middleware"),
  multipart: () => import("../lib/multipart.lib"),
  multipartForm: () => import("./middleware/multipart.middleware"),
  schemas: () => import("./kit/schemas.kit"),
  paging: () => import("./kit/paging.kit"),
  deprecation: () => import("./middleware/deprecation.middleware"),
  claims: () => import("./middleware/claims.middleware"),
  cachePolicy: () => import("./middleware/cachePolicy.middleware"),
  download: () => import("./files/download.files"),
};
