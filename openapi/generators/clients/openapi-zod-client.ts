import axios from "axios";
import { createApiClient } from "../out/openapi-zod-client/api";
import { roundTrip } from "./roundTrip";

await roundTrip((baseUrl, key) => {
  // Replies are not validated: a download is bytes, but the generated schema expects a `File`.
  const api = createApiClient(baseUrl, {
    axiosConfig: { headers: { "X-API-Key": key } },
    validate: "request",
  });
  const { axios: http } = api;
  let last: { status: number; headers: Record<string, unknown>; data: unknown } = {
    status: 0,
    headers: {},
    data: null,
  };
  http.interceptors.response.use(
    (reply) => (last = reply),
    (error: unknown) => {
      if (axios.isAxiosError(error) && error.response) last = error.response;
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    },
  );
  /** Returns the status and code of a call, even if the call is refused. */
  const outcome = async (call: Promise<unknown>) => {
    const { status = 200, data } = await call.then(
      () => last,
      () => last,
    );
    const { code } = data as { code?: string };
    return { status, ...(code !== undefined && { code }) };
  };
  return {
    async create(name, idempotencyKey) {
      const { id } = await api.createItem({ name }, { headers: { "Idempotency-Key": idempotencyKey } });
      const replayed = last.headers["idempotency-replayed"] as string | undefined;
      return { status: last.status, id, replayed: replayed ?? null };
    },
    async list(limit, cursor) {
      const queries = { limit, ...(cursor !== undefined && { cursor }) };
      const items = await api.listItems({ queries });
      return { ids: items.map(({ id }) => id), link: (last.headers["link"] as string | undefined) ?? null };
    },
    async exportAll() {
      const data: unknown = await api.exportItems({ responseType: "text" });
      return String(data);
    },
    async upload(bytes) {
      const { id, size } = await api.uploadFile(new File([bytes], "bytes.bin"), {
        headers: { "Content-Type": "application/octet-stream" },
      });
      return { id, size };
    },
    async download(id) {
      const data: unknown = await api.downloadFile({ params: { id }, responseType: "arraybuffer" });
      return new Uint8Array(data as Buffer).buffer;
    },
    read: (itemId) => outcome(api.getItem({ params: { itemId } })),
    rename: (itemId, name, ifMatch) =>
      outcome(api.updateItem({ name }, { params: { itemId }, headers: { "If-Match": ifMatch } })),
  };
});
