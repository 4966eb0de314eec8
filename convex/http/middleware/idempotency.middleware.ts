import { failField } from "../../lib/failure.lib";
import type { Idempotency } from "../../lib/idempotency.lib";
import { sha256 } from "../../lib/hash.lib";
import type { ApiContext, OnceCall } from "../kit/env.kit";
import type { Content } from "./body.middleware";

/**
 * Reads `Idempotency-Key` on routes that create. Sets `c.var.once`, which marks a replay in the reply's headers.
 *
 * @param body The content that the key is bound to. Its bytes are hashed in place, because another copy of a large upload would
 *   not fit into the 64 MiB that Convex allows for buffers.
 */
export async function readIdempotencyKey(c: ApiContext, body: Content | undefined): Promise<void> {
  const key = c.req.header("Idempotency-Key");
  if (key !== undefined && !/^[\x21-\x7e]{1,255}$/.test(key)) {
    const message = "must be 1 to 255 visible ASCII characters";
    failField({ in: "header", path: "Idempotency-Key", message });
  }
  const argument = key === undefined ? {} : { idempotency: await describe(c, key, body) };
  const once: OnceCall = async (work) => {
    const { result, replayed } = await work(argument);
    if (replayed) c.header("Idempotency-Replayed", "true");
    return result;
  };
  c.set("once", once);
}

/**
 * Returns the key, its credential, and a digest of the method, path, query, media type and body. For a form with a file, the
 * digest covers the file's bytes, type and name, because a retry of the same form has a different boundary.
 */
async function describe(c: ApiContext, key: string, body: Content | undefined): Promise<Idempotency> {
  const { pathname, search } = new URL(c.req.url);
  const head = JSON.stringify([
    c.req.method,
    pathname.replace(/\/$/, ""),
    search,
    body ? body.type : c.req.header("Content-Type"),
    c.req.header("Prefer"),
    ...(body?.name === undefined ? [] : [body.name]),
  ]);
  return {
    key,
    credential: c.get("caller").credential,
    fingerprint: await sha256(`${head}\n${await sha256(body?.bytes ?? "")}`),
  };
}
