/** Whether clients choose the address that their requests are counted by. */
import { randomInt } from "node:crypto";
import { ok, warning, type Finding } from "../finding";
import type { Ask } from "./ask";

/** Requests that are sent from the own address first, so that its bucket differs from a fresh one. */
const BURST = 12;
/** Requests by which two readings of one bucket may differ: each takes one, and the bucket refills meanwhile. */
const NOISE = 3;
/** A bucket that refills faster than this is full again before it is read. */
const MOST_PER_MINUTE = 300;

/**
 * Sends some requests, then one with an invented `X-Forwarded-For`. If that one is counted in a bucket of its own, the
 * header is believed, and limits by address can be evaded.
 */
export async function address(ask: Ask): Promise<Finding[]> {
  const limit = await limitOf(ask);
  if (limit === null) return [ok("requests are not counted by address")];
  if (limit > MOST_PER_MINUTE || limit < BURST)
    return [ok(`a limit of ${limit} a minute does not show by which address it counts`)];
  await Promise.all(Array.from({ length: BURST }, () => remaining(ask)));
  // From the block for benchmarks (RFC 2544): no client has such an address.
  const invented = `198.18.${randomInt(256)}.${randomInt(1, 255)}`;
  const elsewhere = await remaining(ask, { "X-Forwarded-For": invented });
  const here = await remaining(ask);
  if (elsewhere - here < NOISE) return [ok("clients do not choose the address that they are counted by")];
  const what = "X-Forwarded-For is believed as clients send it, so they evade limits by address";
  const proxy = "Let the proxy in front replace the header with the address of the connection";
  return [warning(what, `${proxy}; the embedded runtime takes the number of proxies by --trust-proxy.`)];
}

/** Requests a minute for an address, null where there is no such limit. */
async function limitOf(ask: Ask): Promise<number | null> {
  const policy = (await get(ask)).headers.get("ratelimit-policy") ?? "";
  const [, limit] = /^"address";q=(\d+)/.exec(policy) ?? [];
  return limit === undefined ? null : Number(limit);
}

/** Requests that are left in a bucket after this one. */
async function remaining(ask: Ask, headers: Record<string, string> = {}): Promise<number> {
  const text = (await get(ask, headers)).headers.get("ratelimit") ?? "";
  return Number(/;r=(\d+)/.exec(text)?.[1] ?? 0);
}

async function get(ask: Ask, headers: Record<string, string> = {}): Promise<Response> {
  const reply = await ask("/", { headers });
  await reply.body?.cancel();
  return reply;
}
