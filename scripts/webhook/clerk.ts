/** Imitates Clerk, whose webhooks Svix signs. The events hold the fields that the API reads, and some that it must ignore or hide. */
import { randomBytes, randomUUID } from "node:crypto";
import { Webhook } from "svix";
import type { Make, Sender } from "./sender";

const clerkUser = {
  id: "user_29w83sxmDNGwOuEthce5gg56FcC",
  object: "user",
  first_name: "Ada",
  last_name: "Lovelace",
  username: "ada",
  banned: false,
  locked: false,
  primary_email_address_id: "idn_29w83yL7CwVlJXylYLxcslromF1",
  email_addresses: [
    {
      id: "idn_29w83yL7CwVlJXylYLxcslromF1",
      email_address: "ada@example.org",
      verification: { status: "verified", strategy: "email_code" },
    },
  ],
  private_metadata: { note: "private" },
};

const event =
  (data: Record<string, unknown>): Make =>
  ({ type, now }) => ({ object: "event", type, timestamp: now, data: { ...data, updated_at: now } });

export const clerk: Sender = {
  events: {
    "user.created": event(clerkUser),
    "user.updated": event({ ...clerkUser, last_name: "King" }),
    "user.deleted": event({ id: clerkUser.id, object: "user", deleted: true }),
    "session.created": event({ id: "sess_1", object: "session" }),
  },
  headers({ id, body, secret, now }) {
    const seconds = Math.floor(now / 1000);
    const signature = new Webhook(secret).sign(id, new Date(seconds * 1000), body);
    return { "svix-id": id, "svix-timestamp": String(seconds), "svix-signature": signature };
  },
  headerExamples: {
    "svix-id": "msg_2v9f4d7c1a8e5b0f3d6c9a2e",
    "svix-timestamp": "1769860800",
    "svix-signature": "v1,q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq80=",
  },
  freshId: () => `msg_${randomUUID()}`,
  newSecret: () => `whsec_${randomBytes(24).toString("base64")}`,
};
