import type { AxiosRequestConfig } from "axios";
import * as api from "../out/orval/api";
import { roundTrip } from "./roundTrip";

await roundTrip((baseURL, key) => {
  const options = (headers: Record<string, string> = {}): AxiosRequestConfig => ({
    baseURL,
    headers: { "X-API-Key": key, ...headers },
    validateStatus: () => true,
  });
  const codeOf = (data: object) => ("code" in data ? String(data.code) : undefined);
  return {
    async create(name, idempotencyKey) {
      const reply = await api.createItem({ name }, options({ "Idempotency-Key": idempotencyKey }));
      const replayed = reply.headers["idempotency-replayed"] as string | undefined;
      return { status: reply.status, id: reply.data.id, replayed: replayed ?? null };
    },
    async list(limit, cursor) {
      const query = { limit, ...(cursor !== undefined && { cursor }) };
      const { data, headers } = await api.listItems(query, options());
      return { ids: data.map(({ id }) => id), link: (headers["link"] as string | undefined) ?? null };
    },
    async exportAll() {
      const { data } = await api.exportItems({}, { ...options(), responseType: "text" });
      return String(data);
    },
    async upload(bytes) {
      const { data } = await api.uploadFile(
        bytes,
        {},
        options({ "Content-Type": "application/octet-stream" }),
      );
      return { id: data.id, size: data.size };
    },
    async download(id) {
      const reply = await api.downloadFile(id, { ...options(), responseType: "arraybuffer" });
      return new Uint8Array(reply.data as unknown as Buffer).buffer;
    },
    async read(itemId) {
      const { status, data } = await api.getItem(itemId, options());
      return { status, code: codeOf(data) };
    },
    async rename(itemId, name, ifMatch) {
      const { status, data } = await api.updateItem(itemId, { name }, options({ "If-Match": ifMatch }));
      return { status, code: codeOf(data) };
    },
  };
});
