/** How the suite of the lists fills each list: a new list needs an entry here. */
import { internal } from "../../_generated/api";
import { run, send, settle, type Call } from "./engine.testing";
import { json, page } from "./replies.testing";

/** The values of the filters that an element has. */
export type Values = Readonly<Record<string, string>>;

export type List = {
  /** The field that identifies an element of the list. Default: `id`. */
  id?: string;
  /** The values of each filter that `make` can create, in an order in which they can be created. */
  filters?: Readonly<Record<string, readonly string[]>>;
  /** Creates what filters name, and returns the values that stand for a placeholder in `filters`, such as ids. */
  bind?: (owner: Call) => Promise<Values>;
  /** Only one element has the values of a filter. `make` then also creates elements without given values. */
  unique?: true;
  /** Returns the path of the list. Default: the path of the contract. */
  path?: (owner: Call) => Promise<string>;
  /** Creates an element with these values, and returns what identifies it. `n` is unique. */
  make: (owner: Call, values: Values, n: number, path: string) => Promise<string>;
};

const idOf = async (reply: Promise<Response>, status: number): Promise<string> =>
  String((await json(reply, status))["id"]);
const version = (n: number) => ({ time: n, rank: 0, eventId: `evt_${n}` });

/** No program listens on this port, so nothing is sent. */
const ENDPOINT = { url: "http://127.0.0.1:65535/webhooks", events: ["job.*"] };

const upload = (owner: Call, visibility = "private") => {
  const headers = { "X-API-Key": owner.key, "Content-Type": "text/plain" };
  return idOf(send(`/api/upload?visibility=${visibility}`, { method: "POST", headers, body: "bytes" }), 200);
};

/** The lists, by the titles of their routes. */
export const LISTS: Readonly<Record<string, List>> = {
  "GET /api/items": {
    make: (owner, _, n) => idOf(owner("POST", "/api/items", { name: `item ${n}` }), 201),
  },
  "GET /api/files": {
    filters: { visibility: ["public", "private"] },
    make: (owner, { visibility }) => upload(owner, visibility),
  },
  "GET /api/keys": {
    filters: { status: ["active", "revoked"] },
    make: async (owner, { status }) => {
      const id = await idOf(owner("POST", "/api/keys", { name: "partner", scopes: ["items:read"] }), 201);
      if (status === "revoked") await owner("DELETE", `/api/keys/${id}`);
      return id;
    },
  },
  "GET /api/users": {
    unique: true,
    filters: { email: ["one@lists.example.com", "Two@lists.example.com"] },
    make: (owner, { email }, n) =>
      idOf(owner("POST", "/api/users", { name: "N", email: email ?? `user${n}@lists.example.com` }), 201),
  },
  "GET /api/jobs": {
    filters: { status: ["succeeded", "failed"] },
    make: async (owner, { status }) => {
      const id = status === "failed" ? await failedJob(owner) : await job(owner);
      await settle();
      return id;
    },
  },
  "GET /api/payments": {
    id: "sessionId",
    filters: { customerId: ["cus_1", "cus_2"], paymentStatus: ["paid", "unpaid"] },
    make: async (_, { customerId, paymentStatus }, n) => {
      await run("mutation", internal.payments.handleCheckoutComplete, {
        sessionId: `cs_list_${n}`,
        ...(customerId !== undefined && { customerId }),
        ...(paymentStatus !== undefined && { paymentStatus: paymentStatus as "paid" | "unpaid" }),
        version: version(n),
      });
      return `cs_list_${n}`;
    },
  },
  "GET /api/subscriptions": {
    id: "subscriptionId",
    filters: { customerId: ["cus_1", "cus_2"], status: ["active", "past_due"] },
    make: async (_, { customerId, status = "trialing" }, n) => {
      await run("mutation", internal.subscriptions.handleUpdate, {
        subscriptionId: `sub_list_${n}`,
        ...(customerId !== undefined && { customerId }),
        status,
        version: version(n),
      });
      return `sub_list_${n}`;
    },
  },
  "GET /api/webhook-events": {
    id: "eventId",
    filters: {
      source: ["github", "stripe"],
      status: ["success", "pending"],
      type: ["push", "issues"],
    },
    make: async (_, { source = "clerk", status, type = "other" }, n) => {
      // An event with an unknown handler stays pending until its retries have failed.
      const handler = status === "pending" ? "missing" : "github";
      const event = { source, eventId: `list ${n}`, eventType: type, eventTime: 0 };
      await run("mutation", internal.webhooks.receive.record, { ...event, handler, payload: { text: "{}" } });
      await settle();
      return event.eventId;
    },
  },
  "GET /api/audit-events": {
    filters: { actor: ["webhook:one", "webhook:two"], target: ["ada", "grace"] },
    bind: async (owner) => ({
      ada: await auditedUser(owner, "ada"),
      grace: await auditedUser(owner, "grace"),
    }),
    make: async (owner, { actor = "", target = "" }, n) => {
      const { clerkId, suspended } = await json(owner("GET", `/api/users/${target.slice("user:".length)}`));
      await run("mutation", internal.users.update, {
        clerkId: String(clerkId),
        emailVerified: true,
        banned: suspended !== true,
        version: version(n),
        by: { name: actor },
      });
      const [newest] = await page(owner("GET", "/api/audit-events?limit=1"));
      return String(newest?.["id"]);
    },
  },
  "GET /api/webhook-endpoints": {
    make: (owner) => idOf(owner("POST", "/api/webhook-endpoints", ENDPOINT), 201),
  },
  "GET /api/webhook-endpoints/:id/deliveries": {
    filters: { status: ["failed", "pending"] },
    path: async (owner) => {
      const id = await idOf(owner("POST", "/api/webhook-endpoints", ENDPOINT), 201);
      return `/api/webhook-endpoints/${id}/deliveries`;
    },
    make: async (owner, { status }, _, path) => {
      const endpoint = path.replace("/deliveries", "");
      const id = await idOf(owner("POST", `${endpoint}/test`), 202);
      if (status !== "failed") return id;
      // The pending deliveries of a disabled endpoint fail.
      await owner("PATCH", endpoint, { enabled: false });
      await settle();
      await owner("PATCH", endpoint, { enabled: true });
      return id;
    },
  },
};

/** Creates a user whose suspension a webhook can change, and returns its name in the audit log. */
async function auditedUser(owner: Call, name: string): Promise<string> {
  const user = { clerkId: `list_${name}`, email: `${name}@lists.example.com`, emailVerified: true };
  await run("mutation", internal.users.create, { ...user, version: version(0) });
  const [found] = await page(owner("GET", `/api/users?email=${user.email}`));
  return `user:${String(found?.["id"])}`;
}

const job = (owner: Call) =>
  idOf(owner("POST", "/api/process", { data: 1 }, { Prefer: "respond-async" }), 202);

/** Enqueues a job whose input has been deleted. */
async function failedJob(owner: Call): Promise<string> {
  const storageId = await upload(owner);
  await owner("DELETE", `/api/files/${storageId}`);
  const input = { storageId: storageId as never };
  const { result } = await run("mutation", internal.jobs.enqueue, { ownerId: owner.userId, input });
  return result._id;
}
