import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";

const crons = cronJobs();

crons.interval("forget old idempotency keys", { hours: 1 }, internal.idempotency.purge, {});
crons.interval("free bytes that nobody registered", { hours: 6 }, internal.files.collectUnregistered, {});
crons.interval("forget old quotas", { hours: 24 }, internal.quotas.purge, {});

export default crons;
