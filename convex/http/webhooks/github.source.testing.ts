import { createHmac } from "node:crypto";
import type { TestedSource } from "../testing/sources.testing";

export const source: TestedSource = {
  name: "github",
  // The second secret is the one of the example in GitHub's documentation.
  secrets: ["github suite secret", "It's a Secret to Everybody"],
  type: "push",
  handled: true,
  signatureHeader: "X-Hub-Signature-256",
  separator: ",",
  unsigned: "Missing signature",
  mebibytes: 4,
  sign: (secret, body) => `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
};
