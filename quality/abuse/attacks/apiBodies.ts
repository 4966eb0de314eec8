/** Large bodies that are expensive to parse, sent to a function without a key, as any web page can send them. */
import type { Attack } from "./attack";

const ESCAPED = String.raw`"\ud83d\ude00"`;

/** Returns JSON of this length in bytes: empty objects, and an escaped character. */
function bodyOf(bytes: number): string {
  const head = `{"path":"nothing:here","args":[{"a":[`;
  const tail = `${ESCAPED}]}]}`;
  return head + "{},".repeat((bytes - head.length - tail.length) / 3) + tail;
}

const LARGE = bodyOf(24_000_000);
const SMALL = bodyOf(1_000_000);

export const apiBodies: Attack = {
  name: "apiBodies",
  about: "24 MB and 1 MB of empty objects to POST /api/query, without a key, one after the other",
  async run({ apiUrl }, until) {
    const post = async (body: string, headers: Record<string, string>) => {
      const init = { method: "POST", body, headers: { "content-type": "text/plain", ...headers } };
      const reply = await fetch(`${apiUrl}/api/query`, init);
      await reply.arrayBuffer();
      return reply.status;
    };
    const origin = "https://page.example.test";
    const counts: Record<string, number> = {};
    do {
      for (const [body, headers] of [
        [LARGE, { origin }],
        [LARGE, {}],
        [SMALL, { origin }],
        [SMALL, {}],
      ] as const) {
        // The refusal can be lost if the server closes the connection while the body is still being sent.
        const status = await post(body, headers).catch(() => "connection closed");
        counts[status] = (counts[status] ?? 0) + 1;
      }
    } while (performance.now() < until);
    return counts;
  },
};
