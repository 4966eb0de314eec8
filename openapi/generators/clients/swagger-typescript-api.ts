import { Api, type HttpResponse } from "../out/swagger-typescript-api/api";
import { roundTrip } from "./roundTrip";

/** Returns the reply of a call. The client throws a reply that is a problem. */
const settled = async <T, E>(call: Promise<HttpResponse<T, E>>): Promise<HttpResponse<T, E>> =>
  call.catch((reply: unknown) => reply as HttpResponse<T, E>);

await roundTrip((baseUrl, key) => {
  const { api } = new Api({ baseUrl, baseApiParams: { headers: { "X-API-Key": key } } });
  return {
    async create(name, idempotencyKey) {
      const headers = { "X-API-Key": key, "Idempotency-Key": idempotencyKey };
      const reply = await settled(api.createItem({ name }, { headers }));
      return { status: reply.status, id: reply.data.id, replayed: reply.headers.get("Idempotency-Replayed") };
    },
    async list(limit, cursor) {
      const query = { limit, ...(cursor !== undefined && { cursor }) };
      const reply = await settled(api.listItems(query));
      return { ids: reply.data.map(({ id }) => id), link: reply.headers.get("Link") };
    },
    async exportAll() {
      const { data } = await settled(api.exportItems({}, { format: "text" }));
      return String(data);
    },
    async upload(bytes) {
      // If the document has several media types, the client sends a form, but the generated type is that of the first media type.
      const form = new FormData();
      form.set("file", new File([bytes], "bytes.bin"));
      const { data } = await settled(api.uploadFile(form as unknown as File));
      return { id: data.id, size: data.size };
    },
    async download(id) {
      const { data } = await settled(api.downloadFile(id, { format: "blob" }));
      return data.arrayBuffer();
    },
    async read(itemId) {
      const reply = await settled(api.getItem(itemId));
      return { status: reply.status, code: (reply.error as { code?: string } | null)?.code };
    },
    async rename(itemId, name, ifMatch) {
      const headers = { "X-API-Key": key, "If-Match": ifMatch };
      const reply = await settled(api.updateItem(itemId, { name }, { headers }));
      return { status: reply.status, code: (reply.error as { code?: string } | null)?.code };
    },
  };
});
