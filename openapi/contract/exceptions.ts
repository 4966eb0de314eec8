import type { Exception } from "./coverage";

/** Documented replies that no test can produce. At most ten, and no success or refusal among them. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    operationId: "getHealth",
    status: 500,
    reason: "It asks nothing that could fail; only a mistake in it would.",
  },
  { operationId: "getHealth", status: 503, reason: "It waits for nothing that could be late." },
  { operationId: "getReadiness", status: 500, reason: "What fails is what it tells of, as its own 503." },
];
