/**
 * The WebSocket through which Convex's tools query tables, documents and variables (`browser/sync/protocol.ts` in `convex`).
 *
 * Each query is answered once, which is enough for the tools. Live queries are not supported: a query of a project function gets an
 * error that says what to use instead.
 */
import type { JSONValue } from "convex/values";
import type { RawData } from "ws";
import { SyscallError } from "../exec/errors";
import { sameKey } from "./adminKey";
import { badAdminKey } from "./caller";
import type { Deployment } from "./deployment";
import type { SocketQueue } from "./socketQueue";
import { systemQuery } from "./system";

/** The limit for messages of the operator. The tools send small messages. */
export const MAX_OPERATOR_MESSAGE_BYTES = 1024 * 1024;
/** The limit for messages of other clients. */
const MAX_BYTES = 64 * 1024;
/** Queries that one message may add or remove. Every one of them gets a response. */
const MAX_MODIFICATIONS = 1000;

/** An idle connection is closed after this time. The client's own limit is a minute. */
const IDLE_MS = 55_000;

const NOT_LIVE =
  "The embedded runtime does not support live queries: this connection is for the commands of npx convex. Call functions over " +
  "HTTP (ConvexHttpClient, or `npx convex run` without --watch), or deploy to Convex to subscribe to them.";

const TOO_LARGE = `A message may have at most ${MAX_BYTES} bytes before the client has sent the admin key.`;
const TOO_MANY = `A ModifyQuerySet may have at most ${MAX_MODIFICATIONS} modifications.`;

/**
 * `npx convex` exits with the message of an error that begins with this text. It throws other errors uncaught and then waits for the
 * network to report them, forever if there is no network.
 */
const DENIED = "You do not have permission to perform this operation";

type Message = Readonly<Record<string, JSONValue | undefined>>;

interface Version {
  readonly querySet: number;
  readonly identity: number;
  /** Base64 of a 64-bit integer, little-endian. */
  readonly ts: string;
}

/** An error that closes the connection and that the client must not retry. */
class FatalError extends Error {}

/** Answers the messages of one connection until it is closed. */
export class SyncConnection {
  #version: Version = { querySet: 0, identity: 0, ts: timestamp(0) };
  /** Why queries are refused, `null` for the operator. */
  #denied: string | null = "This needs the admin key.";
  #idle: NodeJS.Timeout;

  constructor(
    private readonly deployment: Deployment,
    private readonly queue: SocketQueue,
    failed: (error: unknown) => void,
  ) {
    this.#idle = this.#expire();
    // One after the other, because each response starts from the version that the previous one ended with.
    queue.onMessage(async (data) => {
      clearTimeout(this.#idle);
      this.#idle = this.#expire();
      await this.#handle(data).catch((error: unknown) => this.#fail(error, failed));
    });
    queue.onClose(() => clearTimeout(this.#idle));
  }

  async #handle(data: RawData): Promise<void> {
    // `ws` joins the fragments of a text message into one buffer.
    const text = data as Buffer;
    if (this.#denied !== null && text.length > MAX_BYTES) throw new FatalError(TOO_LARGE);
    const message = parse(text);
    switch (message["type"]) {
      case "Connect":
      case "Event":
        return;
      case "Authenticate":
        this.#authenticate(message);
        this.#transition({ identity: this.#version.identity + 1 }, []);
        return;
      case "ModifyQuerySet": {
        const { newVersion, modifications } = message;
        if (typeof newVersion !== "number" || !Array.isArray(modifications)) throw malformed();
        if (modifications.length > MAX_MODIFICATIONS) throw new FatalError(TOO_MANY);
        const results = [];
        for (const modification of modifications) results.push(await this.#modify(modification as Message));
        this.#transition({ querySet: newVersion }, results);
        return;
      }
      default:
        throw new FatalError(NOT_LIVE);
    }
  }

  #authenticate({ tokenType, value }: Message): void {
    if (tokenType === "User") throw new FatalError(NOT_LIVE);
    const isOperator = typeof value === "string" && sameKey(value, this.deployment.adminKey);
    this.#denied = tokenType === "Admin" && isOperator ? null : badAdminKey().message;
  }

  async #modify({ type, queryId, udfPath, args, componentPath }: Message): Promise<JSONValue> {
    if (typeof queryId !== "number") throw malformed();
    if (type === "Remove") return { type: "QueryRemoved", queryId };
    if (type !== "Add" || typeof udfPath !== "string" || !Array.isArray(args)) throw malformed();
    const isSystem = udfPath.startsWith("_system/");
    if (!isSystem && this.#denied !== null) throw new FatalError(NOT_LIVE);
    const rest = { queryId, logLines: [], journal: null };
    try {
      const denied = this.#denied ?? (isSystem ? null : NOT_LIVE);
      if (denied !== null) throw new SyscallError(denied);
      const component = typeof componentPath === "string" ? componentPath : "";
      const value = await systemQuery(this.deployment, udfPath, (args[0] ?? {}) as Message, component);
      return { type: "QueryUpdated", value, ...rest };
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      return { type: "QueryFailed", errorMessage: `${DENIED}. ${error.message}`, ...rest };
    }
  }

  #transition(change: Partial<Version>, modifications: JSONValue[]): void {
    const startVersion = this.#version;
    this.#version = { ...startVersion, ts: timestamp(this.deployment.engine().clock()), ...change };
    this.queue.send({ type: "Transition", startVersion, endVersion: this.#version, modifications });
  }

  #fail(error: unknown, failed: (error: unknown) => void): void {
    if (!(error instanceof FatalError)) failed(error);
    const known =
      error instanceof FatalError ? error.message : "Your request couldn't be completed. Try again later.";
    this.queue.send({ type: "FatalError", error: known });
    this.queue.close(1008);
  }

  #expire(): NodeJS.Timeout {
    return setTimeout(() => this.queue.close(1000, "Idle"), IDLE_MS).unref();
  }
}

function parse(text: Buffer): Message {
  try {
    const message: unknown = JSON.parse(text.toString());
    if (typeof message === "object" && message !== null) return message as Message;
  } catch {
    // Invalid JSON is an invalid message, which is refused below.
  }
  throw malformed();
}

function malformed(): FatalError {
  return new FatalError("WSMessageInvalidJson: Received Invalid JSON on websocket");
}

/** Encodes a time as Convex does, in nanoseconds. @param ms milliseconds since 1970. */
function timestamp(ms: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(Math.trunc(ms)) * 1_000_000n);
  return bytes.toString("base64");
}

/** True for the path that clients connect to: `/api/1.48.0/sync`. @param target path and query. */
export function isSyncPath(target: string): boolean {
  return /^\/api\/(?:[^/?]+\/)?sync(?:\?|$)/.test(target);
}
