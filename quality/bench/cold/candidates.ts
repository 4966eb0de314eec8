/** The implementations that are compared, and the requests that each must answer correctly. */
import { join } from "node:path";
import { newApiKey } from "../../../convex/identity/apiKey.lib";
import type { Answers } from "./isolate";

export type Candidate = {
  name: string;
  /** The folder of its Convex functions. */
  dir: string;
  /** The file that replaces `convex/http.ts`. */
  http: string;
  /** The answers of its internal functions by name: for a valid key, and the stored item. */
  answers: Answers;
  /** The answers for an unknown key. */
  unknownKey: Answers;
};

const SITE = "https://happy-otter-123.convex.site";
export const ENV = { CONVEX_SITE_URL: SITE, CONVEX_CLOUD_URL: SITE.replace(".site", ".cloud") };

const INPUT = { name: "Hex bolt M8", description: "Zinc plated, 40 mm" };
const USER = "jd7c8m0w8v0k3k5b7pfc2h4t9n6xq1zr";
const stored = {
  _id: "k577bq0v2y7s3m9e8d4c6a1w5r6xq1zr",
  _creationTime: 1_790_000_000_000.25,
  ownerId: USER,
  ...INPUT,
  updatedAt: 1_790_000_000_000,
  revision: 1,
};

/** The references, and the product in `root`. */
export function candidates(root: string): Record<"hand" | "hono" | "product", Candidate> {
  const dir = join(root, "convex");
  const reference = (name: string, folder: string): Candidate => ({
    name,
    dir,
    http: join(root, "quality/bench/cold/references", folder, "http.ts"),
    answers: {
      "auth:validateApiKey": { userId: USER, scopes: ["items:read", "items:write"] },
      "items:create": stored,
      "items:get": stored,
    },
    unknownKey: { "auth:validateApiKey": null },
  });
  return {
    hand: reference("hand-written", "hand"),
    hono: reference("bare Hono", "hono"),
    product: productIn(root, "product"),
  };
}

/** The product in the project at `root`: a checkout, or a copy with more resources. */
export function productIn(root: string, name: string): Candidate {
  const caller = {
    userId: USER,
    scopes: ["items:read", "items:write"],
    credential: "key:k174m2s0x9b8n3f5v7d1g6h4j26xq1zr",
    key: { id: "k174m2s0x9b8n3f5v7d1g6h4j26xq1zr", publicId: "0123456789ab" },
  };
  const quota = { policy: "key", limit: 600, windowSeconds: 60, remaining: 599, resetSeconds: 1 };
  return {
    name,
    dir: join(root, "convex"),
    http: join(root, "convex/http.ts"),
    answers: {
      "auth:admitApiKey": { caller, quota },
      "items:create": { result: stored, replayed: false },
      "items:get": stored,
    },
    unknownKey: { "auth:admitApiKey": { caller: null, quota: { ...quota, policy: "address" } } },
  };
}

export type Call = {
  request: () => Request;
  /** Throws unless the response is correct. */
  check: (response: Response, body: string) => void;
};

/** The measured requests. */
export const KINDS = ["POST /api/items", "GET /api/items/:id", "GET /health", "404"] as const;
export type Kind = (typeof KINDS)[number];

/** Returns the measured requests, and the other requests that every candidate must answer, so that all do the same work. */
export async function calls(): Promise<{
  measured: Record<Kind, Call>;
  others: Record<string, Call>;
  unknownKey: Call;
}> {
  const { key } = await newApiKey();
  const post = (body: string, headers: Record<string, string>) => () =>
    new Request(`${SITE}/api/items`, {
      method: "POST",
      body,
      headers: {
        "Content-Type": "application/json",
        "Content-Length": String(Buffer.byteLength(body)),
        Origin: "https://app.example.com",
        ...headers,
      },
    });
  const preflight = () =>
    new Request(`${SITE}/api/items`, {
      method: "OPTIONS",
      headers: {
        Origin: "https://app.example.com",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-api-key,content-type",
      },
    });
  const good = JSON.stringify(INPUT);
  const withKey = { "X-API-Key": key };
  const refused = (status: number, detail: RegExp) => (response: Response, body: string) => {
    expectHeaders(response, status, { "content-type": /^application\/problem\+json/, ...EVERY_REPLY });
    expectText(body, new RegExp(`"error":"[^"]*${detail.source}`));
  };
  const get = (path: string, headers: Record<string, string>) => () =>
    new Request(`${SITE}${path}`, { headers: { Origin: "https://app.example.com", ...headers } });
  return {
    measured: {
      "POST /api/items": {
        request: post(good, withKey),
        check: (response, body) => {
          const location = new RegExp(`^/api/items/${stored._id}$`);
          expectHeaders(response, 201, { ...EVERY_REPLY, location });
          expectItem(body);
        },
      },
      "GET /api/items/:id": {
        request: get(`/api/items/${stored._id}`, withKey),
        check: (response, body) => {
          expectHeaders(response, 200, EVERY_REPLY);
          expectItem(body);
        },
      },
      "GET /health": {
        request: get("/health", {}),
        check: (response, body) => {
          expectHeaders(response, 200, EVERY_REPLY);
          expectText(body, /^\{"status":"ok"\}$/);
        },
      },
      "404": { request: get("/nowhere", {}), check: refused(404, /No route/) },
    },
    others: {
      "a preflight": {
        request: preflight,
        check: (response) => {
          expectHeaders(response, 204, {
            "access-control-allow-origin": /^\*$/,
            "access-control-allow-methods": /POST/,
            "access-control-allow-headers": /x-api-key/i,
            "access-control-max-age": /^86400$/,
          });
        },
      },
      "an echoed request id": {
        request: post(good, { ...withKey, "X-Request-Id": "trace-1" }),
        check: (response) => {
          expectHeaders(response, 201, { "x-request-id": /^trace-1$/ });
        },
      },
      "no key": { request: post(good, {}), check: refused(401, /Missing/) },
      "another media type": {
        request: post(good, { ...withKey, "Content-Type": "text/plain" }),
        check: refused(415, /Content-Type must be application\/json/),
      },
      "a body that is too large": {
        request: post(`"${"x".repeat(1024 * 1024)}"`, withKey),
        check: refused(413, /./),
      },
      "a body that is not JSON": { request: post("{", withKey), check: refused(400, /Invalid JSON body/) },
      "an empty name": { request: post('{"name":""}', withKey), check: refused(400, /name: /) },
      "an unknown field": {
        request: post('{"name":"bolt","colour":"red"}', withKey),
        check: refused(400, /colour/),
      },
    },
    unknownKey: { request: post(good, withKey), check: refused(403, /Invalid API key/) },
  };
}

const EVERY_REPLY = {
  "access-control-allow-origin": /^\*$/,
  "access-control-expose-headers": /X-Request-Id.*Location/i,
  "x-request-id": /^[0-9a-f-]{36}$/,
};

function expectHeaders(
  { status, headers }: Response,
  expected: number,
  patterns: Record<string, RegExp>,
): void {
  if (status !== expected) throw new Error(`The status is ${status}, not ${expected}`);
  for (const [name, pattern] of Object.entries(patterns)) {
    const value = headers.get(name);
    if (!pattern.test(value ?? "")) throw new Error(`The header ${name} is ${value ?? "missing"}`);
  }
}

function expectItem(body: string): void {
  const { id, name, description, createdAt } = JSON.parse(body) as Record<string, unknown>;
  const got = JSON.stringify([id, name, description, createdAt]);
  const want = [stored._id, INPUT.name, INPUT.description, new Date(stored._creationTime).toISOString()];
  if (got !== JSON.stringify(want)) throw new Error(`The item is ${body}`);
}

function expectText(text: string, pattern: RegExp): void {
  if (!pattern.test(text)) throw new Error(`The body is ${text}`);
}
