/**
 * Runs one step in the processing of a large webhook, and prints the calls that the functions made to Convex.
 * `heap.github.slow.test.ts` starts this file in a process with a limited heap.
 *
 * The functions share the heap with Node and with nested calls, so the test is stricter than a Convex isolate. Fixed results
 * replace the database and the storage.
 */
import { createHmac } from "node:crypto";
import { processWebhook } from "../../github";
import router from "../../http";
import { handle } from "../../webhooks/githubEffects";
import { process as processEvent } from "../../webhooks/process";
import { bodyOf, type Kind } from "./heap.github.testing";

type Invoked = {
  invokeAction(id: string, args: string): Promise<string>;
  invokeMutation(args: string): Promise<string>;
};
type Endpoint = { invokeHttpAction(request: Request): Promise<Response> };

const SECRET = "heap";
const STORAGE_ID = "kg2stored";
const [, , step = "", kind = "", bytes = "0"] = globalThis.process.argv;
Object.assign(globalThis.process.env, { GITHUB_WEBHOOK_SECRET: SECRET, RATE_LIMIT_KEY_PER_MINUTE: "0" });

const json = (text: string): string =>
  kind === "form" ? (new URLSearchParams(text).get("payload") ?? "") : text;
const row = {
  ...{ _id: "kw1", _creationTime: 1, source: "github", eventId: "d1", eventType: "push", eventTime: 1 },
  ...{ handler: "github", payload: { storageId: STORAGE_ID }, status: "pending", attempts: 1, revision: 1 },
};
const caller = { userId: "u1", scopes: ["*"], credential: "user:u1" };
/** The names of the calls. */
const seen: string[] = [];
let stored: Blob | undefined;

Object.assign(globalThis, {
  Convex: {
    syscall: () => "null",
    jsSyscall: (op: string, { blob }: { blob?: Blob }) => {
      seen.push(op);
      if (op === "storage/storeBlob") stored = blob;
      return op === "storage/storeBlob" ? STORAGE_ID : stored;
    },
    asyncSyscall: async (op: string, args: string) => {
      seen.push(op);
      if (op === "1.0/runUdf") {
        const { args: nested } = JSON.parse(args) as { args: unknown };
        const result = await (handle as unknown as Invoked).invokeMutation(JSON.stringify([nested]));
        return JSON.stringify({ result: JSON.parse(result) as unknown });
      }
      if (op === "1.0/get") return JSON.stringify(row);
      if (op === "1.0/actions/query") {
        const { name } = JSON.parse(args) as { name: string };
        return JSON.stringify(name === "auth:validateToken" ? caller : row);
      }
      return "null";
    },
  },
});

function bodyBytes(): Buffer {
  return Buffer.from(bodyOf(kind as Kind, Number(bytes)));
}

async function request(method: string, path: string, init: RequestInit): Promise<void> {
  const [endpoint] = router.lookup(path, method as "GET") ?? [];
  const request = new Request(`https://api.test${path}`, { method, ...init });
  const response = await (endpoint as unknown as Endpoint).invokeHttpAction(request);
  const length = (await response.arrayBuffer()).byteLength;
  if (response.status !== 200) throw new Error(`${response.status} with ${length} bytes`);
}

const signature = (body: Buffer) => `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`;

const STEPS: Readonly<Record<string, (body: Buffer) => Promise<unknown>>> = {
  receive: (body) =>
    request("POST", "/webhooks/github", {
      body: new Uint8Array(body),
      headers: {
        "X-Hub-Signature-256": signature(body),
        "X-GitHub-Event": "push",
        "X-GitHub-Delivery": "d1",
      },
    }),
  record: (body) => {
    const args = { body: body.toString(), signature: signature(body), event: "push", delivery: "d1" };
    return (processWebhook as unknown as Invoked).invokeAction("", JSON.stringify([args]));
  },
  process: () =>
    (processEvent as unknown as Invoked).invokeMutation(JSON.stringify([{ id: "kw1", attempts: 1 }])),
  read: (body) => {
    stored = new Blob([json(body.toString())]);
    return request("GET", "/api/webhook-events/kw1", { headers: { Authorization: "Bearer a.b.c" } });
  },
};

await STEPS[step]?.(bodyBytes());
console.log(JSON.stringify(seen));
