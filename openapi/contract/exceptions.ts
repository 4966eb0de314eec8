import type { Exception } from "./coverage";

/** Documented replies that no test can produce. The list may hold at most ten, and only 5xx replies. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    operationId: "getHealth",
    status: 500,
    reason: "It performs no work that can fail, except through a bug in its own code.",
  },
  { operationId: "getHealth", status: 503, reason: "It waits for nothing, so it cannot time out." },
  { operationId: "getReadiness", status: 500, reason: "It reports failures with its own 503." },
];
