/**
 * Measures whether the time of a refusal reveals how much of a key is right. It should not, because a key is looked up by its
 * hash. Prints medians and asserts nothing, because times on a busy machine prove nothing.
 */
import { KEY_PREFIX, newApiKey } from "../../convex/identity/apiKey.lib";
import { checksum } from "../../convex/lib/hash.lib";
import type { AttackedServer } from "./server";

const ROUNDS = 2_000;

/** Measures and prints the times. @returns the exit code. */
export async function measureTiming({ server: { url, key: root } }: AttackedServer): Promise<number> {
  const [, publicId = "", secret = ""] = root.split("_");
  const other = (await newApiKey()).key.split("_")[2] ?? "";
  const keys: Record<string, string> = {
    "another public id and secret": (await newApiKey()).key,
    "the right public id": whole(publicId, other),
    "also half of the secret": whole(publicId, secret.slice(0, 20) + other.slice(20)),
    "all but its last character": whole(publicId, secret.slice(0, -1) + (secret.endsWith("x") ? "y" : "x")),
  };
  const times = new Map(Object.keys(keys).map((name) => [name, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, key] of Object.entries(keys)) {
      const started = performance.now();
      await (await fetch(`${url}/api/protected`, { headers: { "X-API-Key": key } })).text();
      times.get(name)?.push(performance.now() - started);
    }
  console.log(`microseconds for a refusal, ${ROUNDS} refusals of each key: median (quartiles)`);
  for (const [name, all] of times) console.log(`${name.padEnd(30)} ${quartiles(all)}`);
  return 0;
}

/** Returns a key with a valid checksum, so that the API looks it up. */
function whole(publicId: string, secret: string): string {
  const body = `${KEY_PREFIX}${publicId}_${secret}`;
  return `${body}_${checksum(body)}`;
}

function quartiles(times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round((sorted[Math.floor(sorted.length * share)] ?? 0) * 1000);
  return `${at(0.5)} (${at(0.25)} to ${at(0.75)})`;
}
