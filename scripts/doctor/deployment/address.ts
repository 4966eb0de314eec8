/** Whether clients can choose the address by which the API limits their requests. */
import { randomInt } from "node:crypto";
import { ok, warning, type Finding } from "../finding";
import type { Ask } from "./ask";

/** Requests sent first, so that the bucket of this machine's address differs from a full one. */
const BURST = 12;
/** Two readings of one bucket may differ by this many requests: each reading takes one, and the bucket refills meanwhile. */
const NOISE = 3;
/** A bucket that refills faster than this is full again before it is read. */
const MAX_PER_MINUTE = 300;

/**
 * Sends some requests, then one with an invented `X-Forwarded-For`. If the API counts that one in another bucket, it trusts
 * the header, and clients can evade the limit by address.
 */
export async function address(ask: Ask): Promise<Finding[]> {
  const limit = await limitOf(ask);
  if (limit === null) return [ok("requests are not limited by address")];
  if (limit > MAX_PER_MINUTE || limit < BURST)
    return [ok(`a limit of ${limit} requests a minute does not show which address the API counts`)];
  await Promise.all(Array.from({ length: BURST }, () => remaining(ask)));
  // From the block for benchmarks (RFC 2544): no client has such an address.
  const invented = `198.18.${randomInt(256)}.${randomInt(1, 255)}`;
  const elsewhere = await remaining(ask, { "X-Forwarded-For": invented });
  const here = await remaining(ask);
  if (elsewhere - here < NOISE) return [ok("clients cannot choose the address by which they are limited")];
  const what = "The API trusts X-Forwarded-For as clients send it, so clients can evade limits by address";
  const proxy = "Let the proxy in front replace the header with the address of the connection.";
  return [warning(what, `${proxy} Start the embedded runtime with --trust-proxy and the number of proxies.`)];
}

/** Returns the limit for one address in requests a minute; null without a limit. */
async function limitOf(ask: Ask): Promise<number | null> {
  const policy = (await get(ask)).headers.get("ratelimit-policy") ?? "";
  const [, limit] = /^"address";q=(\d+)/.exec(policy) ?? [];
  return limit === undefined ? null : Number(limit);
}

/** Sends a request, and returns how many its bucket allows after it. */
async function remaining(ask: Ask, headers: Record<string, string> = {}): Promise<number> {
  const text = (await get(ask, headers)).headers.get("ratelimit") ?? "";
  return Number(/;r=(\d+)/.exec(text)?.[1] ?? 0);
}

async function get(ask: Ask, headers: Record<string, string> = {}): Promise<Response> {
  const reply = await ask("/", { headers });
  await reply.body?.cancel();
  return reply;
}
