import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";

const crons = cronJobs();

crons.interval("delete old idempotency keys", { hours: 1 }, internal.idempotency.purge, {});
crons.interval("delete unregistered uploads", { hours: 6 }, internal.files.collectUnregistered, {});
crons.interval("delete full rate-limit buckets", { hours: 1 }, internal.rateLimits.purge, {});
crons.interval("resume interrupted webhooks", { minutes: 1 }, internal.webhooks.process.sweep, {});
crons.interval("purge old webhook payloads", { hours: 6 }, internal.webhooks.log.purge, {});
crons.interval("send webhooks that are due", { minutes: 1 }, internal.outgoing.queue.sweep, {});
crons.interval("purge old outgoing events", { hours: 6 }, internal.outgoing.cleanUp.purge, {});
crons.interval("delete documents after their retention", { hours: 6 }, internal.retention.sweep, {});
crons.interval("fold stored emails", { hours: 1 }, internal.migrations.foldEmails, {});
crons.interval("fill the texts of items", { hours: 1 }, internal.migrations.fillItemTexts, {});
crons.interval("mark revoked keys", { hours: 1 }, internal.migrations.markRevokedKeys, {});

export default crons;
