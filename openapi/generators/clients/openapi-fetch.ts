import createClient from "openapi-fetch";
import type { paths } from "../out/openapi-fetch/api";
import { roundTrip } from "./roundTrip";

await roundTrip((baseUrl, key) => {
  const api = createClient<paths>({ baseUrl, headers: { "X-API-Key": key } });
  return {
    async create(name, idempotencyKey) {
      const params = { header: { "Idempotency-Key": idempotencyKey } };
      const { data, response } = await api.POST("/api/items", { params, body: { name } });
      const replayed = response.headers.get("Idempotency-Replayed");
      return { status: response.status, id: data?.id ?? "", replayed };
    },
    async list(limit, cursor) {
      const query = { limit, ...(cursor !== undefined && { cursor }) };
      const { data = [], response } = await api.GET("/api/items", { params: { query } });
      return { ids: data.map(({ id }) => id), link: response.headers.get("Link") };
    },
    async exportAll() {
      const { data = "" } = await api.GET("/api/items/export", { parseAs: "text" });
      return data;
    },
    async upload(bytes) {
      const headers = { "Content-Type": "application/octet-stream" };
      // The generator types binary strings as strings.
      const body = bytes as unknown as string;
      const { data } = await api.POST("/api/upload", { headers, body, bodySerializer: () => bytes });
      return { id: data?.id ?? "", size: data?.size ?? 0 };
    },
    async download(id) {
      const params = { path: { id } };
      const { data } = await api.GET("/api/files/{id}/content", { params, parseAs: "arrayBuffer" });
      return data ?? new ArrayBuffer(0);
    },
    async read(itemId) {
      const { error, response } = await api.GET("/api/items/{itemId}", { params: { path: { itemId } } });
      return { status: response.status, code: error?.code };
    },
    async rename(itemId, name, ifMatch) {
      const params = { path: { itemId }, header: { "If-Match": ifMatch } };
      const { error, response } = await api.PATCH("/api/items/{itemId}", { params, body: { name } });
      return { status: response.status, code: error?.code };
    },
  };
});
