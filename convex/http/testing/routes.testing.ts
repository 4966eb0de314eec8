import type { AnyContract, Spec } from "../kit/contract.kit";
import { internal } from "../../_generated/api";
import { as, run, send, settle, type Call } from "./engine.testing";
import { json, page } from "./replies.testing";

/** A contract as the suites use it: all that it says, and its name for reports. */
export type Route = Spec & { method: string; path: string; title: string };

export function routeOf({ method, path, spec }: AnyContract): Route {
  return { ...spec(), method: method.toUpperCase(), path, title: `${method.toUpperCase()} ${path}` };
}

/** What a name in a path may stand for: a thing that an owner has, or something that belongs to nobody. */
type Thing =
  | { belongsTo: "its owner"; of: (owner: Call) => Promise<string> }
  | { belongsTo: "the deployment"; some: () => Promise<string> }
  | { belongsTo: "everyone"; some: () => Promise<string> };

const item: Thing = {
  belongsTo: "its owner",
  of: async (owner) => idOf(await json(owner("POST", "/api/items", { name: "bolt" }), 201)),
};
const key: Thing = {
  belongsTo: "its owner",
  of: async (owner) =>
    idOf(await json(owner("POST", "/api/keys", { name: "partner", scopes: ["items:read"] }), 201)),
};
let made = 0;
const user: Thing = {
  belongsTo: "the deployment",
  some: async () => {
    const body = { name: "Grace", email: `grace${++made}@example.com` };
    return idOf(await json((await as("root"))("POST", "/api/users", body), 201));
  },
};
const file: Thing = {
  belongsTo: "its owner",
  of: async (owner) => {
    const headers = { "X-API-Key": owner.key, "Content-Type": "text/plain" };
    const init = { method: "POST", headers, body: "bytes" };
    return String((await json(send("/api/upload?visibility=private", init)))["storageId"]);
  },
};
const job: Thing = {
  belongsTo: "its owner",
  of: async (owner) => {
    const made = await json(owner("POST", "/api/process", { data: 1 }, { Prefer: "respond-async" }), 202);
    await settle();
    return idOf(made);
  },
};
const version = () => ({ time: 0, rank: 0, eventId: "evt_1" });
const payment: Thing = {
  belongsTo: "the deployment",
  some: async () => {
    await run("mutation", internal.payments.handleCheckoutComplete, {
      sessionId: "cs_1",
      version: version(),
    });
    return "cs_1";
  },
};
const subscription: Thing = {
  belongsTo: "the deployment",
  some: async () => {
    const subscribed = { subscriptionId: "sub_1", customerId: "cus_1", status: "active", version: version() };
    await run("mutation", internal.subscriptions.handleUpdate, subscribed);
    return "sub_1";
  },
};
const webhookEvent: Thing = {
  belongsTo: "the deployment",
  some: async () => {
    const event = { source: "github", eventId: `push${++made}`, eventType: "push", eventTime: 0 };
    const received = { ...event, handler: "github", payload: { text: "{}" } };
    await run("mutation", internal.webhooks.receive.record, received);
    await settle();
    const [newest] = await page((await as("root"))("GET", "/api/webhook-events?limit=1"));
    return idOf(newest ?? {});
  },
};
const problemCode: Thing = { belongsTo: "everyone", some: () => Promise.resolve("not_found") };

const idOf = ({ id }: Record<string, unknown>): string => String(id);

/** For every path with a name in it: what stands there. A new path needs its line here. */
export const THINGS: Readonly<Record<string, Thing>> = {
  "/api/items/:itemId": item,
  "/api/users/:id": user,
  "/api/keys/:id": key,
  "/api/keys/:id/rotate": key,
  "/api/files/:id": file,
  "/api/files/:id/content": file,
  "/files/:id": file,
  "/api/jobs/:id": job,
  "/api/payments/:sessionId": payment,
  "/api/subscriptions/:subscriptionId": subscription,
  "/api/webhook-events/:id": webhookEvent,
  "/api/webhook-events/:id/replay": webhookEvent,
  "/problems/:code": problemCode,
};

/** The path of a route with an id in the place of its name. */
export const pathWith = (route: Route, id: string): string =>
  route.path.replace(/:\w+/, encodeURIComponent(id));

/** A path of the route under which an owner finds something. */
export async function pathFor(route: Route, owner: Call): Promise<string> {
  if (!route.params) return route.path;
  const thing = THINGS[route.path];
  if (!thing) throw new Error(`${route.path} has no line in THINGS`);
  return pathWith(route, thing.belongsTo === "its owner" ? await thing.of(owner) : await thing.some());
}

/** Bodies whose example can be created only once: what makes each a new one. */
const FRESH: Readonly<Record<string, (example: unknown) => unknown>> = {
  "POST /api/users": () => ({ name: "Grace", email: `grace${++made}@example.com` }),
};

/** A body that the route takes, and its type: the example of its contract, or any bytes where it takes a file. */
export function bodyFor(route: Route): { type: string; text: string } | undefined {
  if (route.upload) return { type: "text/plain", text: "bytes" };
  const given = route.docs().examples?.body;
  const example = FRESH[route.title]?.(given) ?? given;
  if (route.form) {
    const text = new URLSearchParams(example as Record<string, string>).toString();
    return { type: "application/x-www-form-urlencoded", text };
  }
  return route.body && { type: "application/json", text: JSON.stringify(example) };
}
