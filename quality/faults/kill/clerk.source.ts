import { everything } from "../client";
import type { KilledSource } from "./sources";

export const source: KilledSource = {
  name: "clerk",
  eventOf(id, now) {
    const address = { id: "idn_1", email_address: `${id}@example.org` };
    const data = { id: `user_${id}`, first_name: "Ada", last_name: "Lovelace", updated_at: now };
    const mail = { primary_email_address_id: "idn_1", email_addresses: [address] };
    const type = "user.created";
    return { type, body: { object: "event", type, timestamp: now, data: { ...data, ...mail } } };
  },
  effects: { table: "users", field: "clerkId" },
  async missing(call, ids) {
    const users = new Set((await everything(call, "/api/users")).map((user) => user["clerkId"]));
    return ids.filter((id) => !users.has(`user_${id}`)).map((id) => `the user of ${id} is missing`);
  },
};
