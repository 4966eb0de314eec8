import { required, type Api } from "./client";

type Item = Awaited<ReturnType<typeof pageOf>>["items"][number];

/**
 * The pages of the caller's items, newest first. What comes next says the reply's `Link` header (RFC 8288). The query in it
 * goes back as it is: what a cursor looks like is the API's own business.
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
