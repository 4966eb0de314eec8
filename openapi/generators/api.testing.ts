import { join } from "node:path";
import { serve } from "../../packages/convex-embedded/fixtures/serve";

/** Starts the API without rate limits, until the test ends. Returns its URL and a key with all scopes. */
export async function startApi(): Promise<{ url: string; key: string }> {
  const env = { RATE_LIMIT_KEY_PER_MINUTE: "0", RATE_LIMIT_IP_PER_MINUTE: "0" };
  const { server } = await serve({ project: join(import.meta.dirname, "../.."), env });
  const owner = { name: "client", email: "client@example.com", scopes: ["*"] };
  const { key } = (await server.run("apiKeys:issue", owner)) as { key: string };
  return { url: server.url, key };
}
