/** The requests of the mix, as text for a socket. */
import type { RawRequest } from "../lib/connections";
import type { Kind } from "./mix";
import type { Target } from "./target";
import { signedWebhook } from "./webhooks";

export interface MixRequest extends RawRequest {
  readonly kind: Kind;
}

/** The size of an upload, in bytes. */
const UPLOAD_BYTES = 4_096;

type Headers = Readonly<Record<string, string>>;
const JSON_TYPE = { "Content-Type": "application/json" };

function request(method: string, path: string, headers: Headers, body = ""): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = method === "GET" ? "" : `Content-Length: ${body.length}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nHost: bench\r\n${lines.join("")}${length}\r\n${body}`;
}

const anyOf = (values: readonly string[]): string => values[Math.floor(Math.random() * values.length)] ?? "";

/** Creates requests to one server. The texts are ASCII, so their length is their number of bytes. */
export class Requests {
  /** Webhooks that were signed before the turn, because signing costs more than the rest of the generator. */
  readonly #signed: string[] = [];
  #webhooks = 0;
  readonly #byKind: Readonly<Record<Kind, () => Omit<MixRequest, "kind">>>;

  constructor({ key, ids, pages }: Target) {
    const own = { "X-API-Key": key };
    const create = request(
      "POST",
      "/api/items",
      { ...own, ...JSON_TYPE },
      '{"name":"bolt","description":"M8"}',
    );
    const job = request(
      "POST",
      "/api/process",
      { ...own, ...JSON_TYPE, Prefer: "respond-async" },
      '{"data":{"hello":"world","numbers":[3,1,2]}}',
    );
    const type = { "Content-Type": "application/octet-stream" };
    const upload = request(
      "POST",
      "/api/upload",
      { ...own, ...type },
      "0123456789abcdef".repeat(UPLOAD_BYTES / 16),
    );
    const [ok, created, accepted] = ["HTTP/1.1 200", "HTTP/1.1 201", "HTTP/1.1 202"] as const;
    this.#byKind = {
      read: () => ({ text: request("GET", `/api/items/${anyOf(ids)}`, own), expected: ok }),
      list: () => ({ text: request("GET", anyOf(pages), own), expected: ok }),
      create: () => ({ text: create, expected: created }),
      change: () => ({
        text: request("PATCH", `/api/items/${anyOf(ids)}`, { ...own, ...JSON_TYPE }, '{"name":"nut"}'),
        expected: ok,
      }),
      webhook: () => ({ text: this.#signed.pop() ?? this.#sign(), expected: ok }),
      upload: () => ({ text: upload, expected: ok }),
      job: () => ({ text: job, expected: accepted }),
    };
  }

  of(kind: Kind): MixRequest {
    return { kind, ...this.#byKind[kind]() };
  }

  /** Signs webhooks in advance. Discards older ones, whose signatures may have expired. */
  sign(count: number): void {
    this.#signed.length = 0;
    for (let i = 0; i < count; i++) this.#signed.push(this.#sign());
  }

  #sign(): string {
    const { path, headers, body } = signedWebhook(this.#webhooks++);
    return request("POST", path, headers, body);
  }
}
