import { createHmac } from "node:crypto";
import type { TestedSource } from "../testing/sources.testing";

const secretOf = (text: string) => `whsec_${Buffer.from(text).toString("base64")}`;

export const source: TestedSource = {
  name: "clerk",
  secrets: [secretOf("clerk suite secret 0123456789")],
  secretOf,
  type: "session.created",
  handled: false,
  signatureHeader: "svix-signature",
  separator: " ",
  unsigned: "Missing Svix headers",
  mebibytes: 1,
  sign: (secret, body) => `v1,${createHmac("sha256", secret).update(body).digest("base64")}`,
  withTime: (headers, at) => [{ ...headers, "svix-timestamp": at }],
};
