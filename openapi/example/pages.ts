import { required, type Api } from "./client";

type Item = Awaited<ReturnType<typeof pageOf>>["items"][number];

/**
 * Yields the pages of the caller's items, newest first. The reply's `Link` header (RFC 8288) names the next page. Its query is
 * sent back unchanged, because cursors are opaque.
 */
export async function* pages(api: Api, limit: number): AsyncGenerator<Item[]> {
  for (let query: string | undefined = `limit=${limit}`; query !== undefined;) {
    const page: Awaited<ReturnType<typeof pageOf>> = await pageOf(api, query);
    yield page.items;
    query = page.next;
  }
}

async function pageOf(api: Api, query: string) {
  const reply = await api.GET("/api/items", { querySerializer: () => query });
  const link = /<([^>]+)>; *rel="next"/.exec(reply.response.headers.get("Link") ?? "");
  return { items: required(reply), next: link?.[1]?.split("?")[1] };
}
