import { createClient } from "../out/hey-api/client";
import * as sdk from "../out/hey-api/sdk.gen";
import { roundTrip } from "./roundTrip";

await roundTrip((baseUrl, key) => {
  const client = createClient({ baseUrl, auth: ({ type }) => (type === "apiKey" ? key : undefined) });
  return {
    async create(name, idempotencyKey) {
      const headers = { "Idempotency-Key": idempotencyKey };
      const { data, response } = await sdk.createItem({ client, headers, body: { name } });
      const replayed = response?.headers.get("Idempotency-Replayed") ?? null;
      return { status: response?.status ?? 0, id: data?.id ?? "", replayed };
    },
    async list(limit, cursor) {
      const query = { limit, ...(cursor !== undefined && { cursor }) };
      const { data = [], response } = await sdk.listItems({ client, query });
      return { ids: data.map(({ id }) => id), link: response?.headers.get("Link") ?? null };
    },
    async exportAll() {
      const { data = "" } = await sdk.exportItems({ client, parseAs: "text" });
      return String(data);
    },
    async upload(body) {
      const { data } = await sdk.uploadFile({ client, body });
      return { id: data?.id ?? "", size: data?.size ?? 0 };
    },
    async download(id) {
      const { data } = await sdk.downloadFile({ client, path: { id }, parseAs: "blob" });
      return data instanceof Blob ? data.arrayBuffer() : new ArrayBuffer(0);
    },
    async read(itemId) {
      const { error, response } = await sdk.getItem({ client, path: { itemId } });
      return { status: response?.status ?? 0, code: error?.code };
    },
    async rename(itemId, name, ifMatch) {
      const headers = { "If-Match": ifMatch };
      const { error, response } = await sdk.updateItem({ client, path: { itemId }, headers, body: { name } });
      return { status: response?.status ?? 0, code: error?.code };
    },
  };
});
