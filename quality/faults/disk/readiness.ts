/** The readiness check, `GET /health/ready`. */
import type { Call, Json } from "../client";

/** Returns the status, and whether each database check succeeded. */
export async function readiness(call: Call): Promise<{ status: number; read: unknown; write: unknown }> {
  const { status, json } = await call("GET", "/health/ready");
  const checks = json["checks"] as Json[];
  const ok = (name: string): unknown => checks.find((check) => check["name"] === name)?.["ok"];
  return { status, read: ok("database.read"), write: ok("database.write") };
}

export const READY = { status: 200, read: true, write: true };
