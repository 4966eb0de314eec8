import type { AnyContract, Spec } from "../kit/contract.kit";
import type { FileSpecs } from "../kit/multipart.kit";
import { inputSchemas, type InputSchemas } from "../kit/schemas.kit";
import { internal } from "../../_generated/api";
import { as, run, send, settle, type Call } from "./engine.testing";
import { json, page } from "./replies.testing";

/** A contract as the suites use it: its whole specification, its schemas, and a title for test reports. */
export type Route = Spec & { method: string; path: string; title: string; inputs: InputSchemas };

export function routeOf({ method, path, spec }: AnyContract): Route {
  const title = `${method.toUpperCase()} ${path}`;
  return { ...spec(), method: method.toUpperCase(), path, title, inputs: inputSchemas(spec()) };
}

/** A resource that a path parameter identifies. It belongs to a user, to the deployment, or to everyone. */
type Resource =
  | { belongsTo: "its owner"; of: (owner: Call) => Promise<string> }
  | { belongsTo: "the deployment"; some: () => Promise<string> }
  | { belongsTo: "everyone"; some: () => Promise<string> };

const item: Resource = {
  belongsTo: "its owner",
  of: async (owner) => idOf(await json(owner("POST", "/api/items", { name: "bolt" }), 201)),
};
const key: Resource = {
  belongsTo: "its owner",
  of: async (owner) =>
    idOf(await json(owner("POST", "/api/keys", { name: "partner", scopes: ["items:read"] }), 201)),
};
let made = 0;
const user: Resource = {
  belongsTo: "the deployment",
  some: async () => {
    const body = { name: "Grace", email: `grace${++made}@example.com` };
    return idOf(await json((await as("root"))("POST", "/api/users", body), 201));
  },
};
const file: Resource = {
  belongsTo: "its owner",
  of: async (owner) => {
    const headers = { "X-API-Key": owner.key, "Content-Type": "text/plain" };
    const init = { method: "POST", headers, body: "bytes" };
    return String((await json(send("/api/upload?visibility=private", init)))["storageId"]);
  },
};
const job: Resource = {
  belongsTo: "its owner",
  of: async (owner) => {
    const made = await json(owner("POST", "/api/process", { data: 1 }, { Prefer: "respond-async" }), 202);
    await settle();
    return idOf(made);
  },
};
const version = () => ({ time: 0, rank: 0, eventId: "evt_1" });
const payment: Resource = {
  belongsTo: "the deployment",
  some: async () => {
    await run("mutation", internal.payments.handleCheckoutComplete, {
      sessionId: "cs_1",
      version: version(),
    });
    return "cs_1";
  },
};
const subscription: Resource = {
  belongsTo: "the deployment",
  some: async () => {
    const subscribed = { subscriptionId: "sub_1", customerId: "cus_1", status: "active", version: version() };
    await run("mutation", internal.subscriptions.handleUpdate, subscribed);
    return "sub_1";
  },
};
const webhookEvent: Resource = {
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
const endpoint: Resource = {
  belongsTo: "its owner",
  of: async (owner) => idOf(await json(owner("POST", "/api/webhook-endpoints", ENDPOINT), 201)),
};
/** No program listens on this port, so the suites send nothing. */
const ENDPOINT = { url: "http://127.0.0.1:65535/webhooks", events: ["job.*"] };
/** A delivery that has failed: its endpoint was disabled and enabled again. */
const failedDelivery: Resource = {
  belongsTo: "its owner",
  of: async (owner) => {
    const path = `/api/webhook-endpoints/${await endpoint.of(owner)}`;
    const { id } = await json(owner("POST", `${path}/test`), 202);
    await owner("PATCH", path, { enabled: false });
    await settle();
    await owner("PATCH", path, { enabled: true });
    return String(id);
  },
};
const problemCode: Resource = { belongsTo: "everyone", some: () => Promise.resolve("not_found") };

const idOf = ({ id }: Record<string, unknown>): string => String(id);

/** The resource of each path with a parameter. A new path with a parameter needs an entry here. */
export const RESOURCES: Readonly<Record<string, Resource>> = {
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
  "/api/webhook-endpoints/:id": endpoint,
  "/api/webhook-endpoints/:id/rotate-secret": endpoint,
  "/api/webhook-endpoints/:id/test": endpoint,
  "/api/webhook-endpoints/:id/deliveries": endpoint,
  "/api/webhook-deliveries/:id": failedDelivery,
  "/api/webhook-deliveries/:id/retry": failedDelivery,
  "/problems/:code": problemCode,
};

/** The resources of lists whose resources have no path of their own. */
export const ONLY_LISTED: Readonly<Record<string, Resource>> = {
  "/api/audit-events": {
    belongsTo: "the deployment",
    some: async () => {
      const [newest] = await page((await as("root"))("GET", "/api/audit-events?limit=1"));
      return idOf(newest ?? {});
    },
  },
};

/** Returns the path of a route with this id as its parameter. */
export const pathWith = (route: Route, id: string): string =>
  route.path.replace(/:\w+/, encodeURIComponent(id));

/** Returns a path of the route to an existing resource. Creates the resource; an owned resource belongs to `owner`. */
export async function pathFor(route: Route, owner: Call): Promise<string> {
  if (!route.params) return route.path;
  const resource = RESOURCES[route.path];
  if (!resource) throw new Error(`${route.path} has no entry in RESOURCES: add one`);
  return pathWith(
    route,
    resource.belongsTo === "its owner" ? await resource.of(owner) : await resource.some(),
  );
}

/** Functions that return a new body, for routes whose example can be created only once. */
const UNIQUE_BODIES: Readonly<Record<string, (example: unknown) => unknown>> = {
  "POST /api/webhook-endpoints": () => ENDPOINT,
  "POST /api/users": () => ({ name: "Grace", email: `grace${++made}@example.com` }),
};

/** Returns a form with these text fields and one file under each name. */
function formWith(files: FileSpecs, fields: Record<string, string>): { type: string; text: string } {
  const part = (head: string, text: string) =>
    `--X\r\nContent-Disposition: form-data; ${head}\r\n\r\n${text}\r\n`;
  const texts = Object.entries(fields).map(([name, text]) => part(`name="${name}"`, text));
  const all = Object.entries(files).map(([name, { types = ["text/plain"] }]) => {
    const type = types[0]?.replace("/*", "/x-test") ?? "";
    return part(`name="${name}"; filename="a"\r\nContent-Type: ${type}`, "bytes");
  });
  return { type: "multipart/form-data; boundary=X", text: `${[...texts, ...all].join("")}--X--\r\n` };
}

/** Returns a valid body of the route and its media type: the example of its contract, or any bytes for an upload. */
export function bodyFor(route: Route): { type: string; text: string } | undefined {
  if (route.body?.type === "file") return { type: "text/plain", text: "bytes" };
  const documented = route.docs().examples?.body;
  const example = UNIQUE_BODIES[route.title]?.(documented) ?? documented;
  if (route.body?.type === "multipart") return formWith(route.body.files, example as Record<string, string>);
  if (route.body?.type === "form") {
    const text = new URLSearchParams(example as Record<string, string>).toString();
    return { type: "application/x-www-form-urlencoded", text };
  }
  const takesJson = route.body?.type === "json" || route.body?.type === "anyJson";
  return takesJson ? { type: "application/json", text: JSON.stringify(example) } : undefined;
}
