/** Fills a server of the API with the items that the mix requests. */
import { Client } from "../lib/client";

/** The port of a server, and a key. */
export interface Place {
  readonly port: number;
  readonly key: string;
}

/** The data that the load generator needs for a server. */
export interface Target extends Place {
  /** Items of the key's owner. */
  readonly ids: readonly string[];
  /** Paths of the pages of the list of items, newest first. */
  readonly pages: readonly string[];
}

const AT_ONCE = 50;
const FIRST_PAGE = "/api/items?limit=20";
/** Clients seldom read more pages. */
const MAX_PAGES = 50;

/** Creates items through the API, and follows the list to find the paths of its pages. */
export async function fill(place: Place, items: number, say: (line: string) => void): Promise<Target> {
  const client = new Client(place.port, place.key, AT_ONCE);
  try {
    const ids = await makeItems(client, items, say);
    return { ...place, ids, pages: await walk(client) };
  } finally {
    client.close();
  }
}

async function makeItems(client: Client, items: number, say: (line: string) => void): Promise<string[]> {
  const ids: string[] = [];
  let begun = 0;
  const worker = async (): Promise<void> => {
    while (begun < items) {
      const n = begun++;
      if (n % 2_000 === 0) say(`${n.toLocaleString("en")} of ${items.toLocaleString("en")} items`);
      const item = { name: `item ${n}`, description: "A bolt of the common kind" };
      const { text } = await client.ask("/api/items", 201, item);
      ids.push((JSON.parse(text) as { id: string }).id);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return ids;
}

async function walk(client: Client): Promise<string[]> {
  const pages: string[] = [];
  for (let path: string | undefined = FIRST_PAGE; path !== undefined && pages.length < MAX_PAGES;) {
    pages.push(path);
    const { headers } = await client.ask(path, 200);
    path = /^<([^>]+)>; rel="next"/.exec(String(headers["link"] ?? ""))?.[1];
  }
  return pages;
}
