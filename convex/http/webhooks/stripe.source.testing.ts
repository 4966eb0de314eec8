import { createHmac } from "node:crypto";
import type { TestedSource } from "../testing/sources.testing";

/** The second secret, as during a rotation. */
export const NEXT_SECRET = "whsec_stripe_suite_next";

export const source: TestedSource = {
  name: "stripe",
  secrets: ["whsec_stripe_suite", NEXT_SECRET],
  type: "invoice.paid",
  handled: false,
  signatureHeader: "Stripe-Signature",
  separator: ",",
  unsigned: "Missing signature",
  mebibytes: 1,
  sign: (secret, body, at) =>
    `t=${at},v1=${createHmac("sha256", secret).update(`${at}.${body}`).digest("hex")}`,
  withTime(headers, at) {
    const signature = headers["Stripe-Signature"] ?? "";
    return [
      signature.replace(/t=\d+/, `t=${at}`),
      `t=${at},${signature}`,
      `${signature},t=${at}`,
      signature.replace(/t=\d+/, "t="),
      signature.replace(/t=\d+,?/, ""),
    ].map((forged) => ({ ...headers, "Stripe-Signature": forged }));
  },
};
