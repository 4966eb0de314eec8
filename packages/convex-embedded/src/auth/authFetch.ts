/** Fetches the small JSON documents that providers publish. */
import { problemOfUrl } from "./authProviders";

/** The time limit for a whole document. */
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 256 * 1024;
const JSON_TYPES = /^application\/(json|jwk-set\+json)\s*(;|$)/i;

/**
 * Fetches a JSON document. Redirects are not followed, because they could lead anywhere.
 *
 * @throws Error that names the URL and the problem with it or with the response.
 */
export async function fetchJson(url: string): Promise<unknown> {
  if (/^data:/i.test(url)) return JSON.parse(await (await fetch(url)).text());
  const problem = problemOfUrl(url);
  if (problem !== null) throw new Error(`"${url}" ${problem}`);
  const response = await fetch(url, {
    headers: { accept: "application/json" },
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  try {
    if (response.status !== 200) throw new Error(`"${url}" answers with status ${response.status}`);
    const type = response.headers.get("content-type") ?? "unknown";
    if (!JSON_TYPES.test(type)) throw new Error(`"${url}" has the Content-Type '${type}' instead of JSON`);
    return JSON.parse(await textOf(response, url));
  } finally {
    if (!response.bodyUsed) await response.body?.cancel();
  }
}

async function textOf(response: Response, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error(`"${url}" is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
