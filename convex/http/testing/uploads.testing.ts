import { send, type Call } from "./engine.testing";
import { idOf } from "./replies.testing";

/** Uploads a file with the content `bytes`. Returns its id. */
export function upload(owner: Call, visibility = "private"): Promise<string> {
  const headers = { "X-API-Key": owner.key, "Content-Type": "text/plain" };
  return idOf(send(`/api/upload?visibility=${visibility}`, { method: "POST", headers, body: "bytes" }));
}
