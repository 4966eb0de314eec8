/** A generated client, reduced to the calls of the round trip. Calls return the status of a failure and do not throw. */
export type Client = {
  /** Creates an item with an `Idempotency-Key`. */
  create(name: string, key: string): Promise<{ status: number; id: string; replayed: string | null }>;
  /** Reads one page of items. `link` is its `Link` header. */
  list(limit: number, cursor?: string): Promise<{ ids: string[]; link: string | null }>;
  /** Returns the lines of an export. */
  exportAll(): Promise<string>;
  /** Uploads bytes as `application/octet-stream`. */
  upload(bytes: Blob): Promise<{ id: string; size: number }>;
  download(id: string): Promise<ArrayBuffer>;
  /** Reads an item. `code` is the problem code of a failure. */
  read(id: string): Promise<{ status: number; code?: string | undefined }>;
  /** Renames an item if its `ETag` matches. */
  rename(id: string, name: string, ifMatch: string): Promise<{ status: number; code?: string | undefined }>;
};

/** Calls the API through a generated client. The arguments of the process are the API's URL and a key. */
export async function roundTrip(connect: (url: string, key: string) => Client): Promise<void> {
  const [url = "", key = ""] = process.argv.slice(2);
  const client = connect(url, key);
  const created = await client.create("bolt 0", "first");
  const again = await client.create("bolt 0", "first");
  expect("an idempotent retry", [again.status, again.id, again.replayed], [201, created.id, "true"]);
  const ids = [created.id];
  for (const n of [1, 2, 3, 4])
    ids.unshift((await client.create(`bolt ${n}`, `key ${n}`.replace(" ", "-"))).id);

  const listed: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.list(2, cursor);
    listed.push(...page.ids);
    cursor = /[?&]cursor=([^&>]+)[^>]*>; rel="next"/.exec(page.link ?? "")?.[1];
  } while (cursor !== undefined);
  expect("all pages", listed, ids);

  const lines = (await client.exportAll()).trimEnd().split("\n");
  const exported = lines.map((line) => (JSON.parse(line) as { id: string }).id);
  expect("an export", exported, ids.toReversed());

  const bytes = Uint8Array.from({ length: 70_000 }, (_, at) => (at * 31) % 256);
  const file = await client.upload(new File([bytes], "bytes.bin"));
  expect("the size of an upload", file.size, bytes.length);
  const downloaded = new Uint8Array(await client.download(file.id));
  expect("a download", Buffer.from(downloaded).toString("base64"), Buffer.from(bytes).toString("base64"));

  expect("an unknown item", await client.read("nothing"), { status: 404, code: "not_found" });
  const stale = await client.rename(created.id, "nut", '"99"');
  expect("a stale If-Match", stale, { status: 412, code: "precondition_failed" });
  expect("a current If-Match", (await client.rename(created.id, "nut", '"1"')).status, 200);
}

function expect(what: string, actual: unknown, expected: unknown): void {
  const [actualJson, expectedJson] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (actualJson !== expectedJson)
    throw new Error(`${what}: ${actualJson.slice(0, 300)} instead of ${expectedJson.slice(0, 300)}`);
}
