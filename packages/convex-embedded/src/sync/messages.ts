/** The messages of clients (`browser/sync/protocol.ts` in `convex`). */
import type { JSONValue } from "convex/values";

/** Closes the connection. The client does not reconnect, because the same messages would fail again. */
export class ProtocolError extends Error {}

export interface Connect {
  readonly type: "Connect";
  readonly sessionId: string;
  /** Milliseconds since 1970 on the client's clock. */
  readonly clientTs: number | null;
  /** The greatest timestamp that the client has received, `null` on its first connection. */
  readonly maxObservedTimestamp: bigint | null;
}

export interface Authenticate {
  readonly type: "Authenticate";
  readonly tokenType: "User" | "Admin" | "None";
  readonly value: string;
  readonly baseVersion: number;
  /** The identity that the operator acts as. */
  readonly impersonating: JSONValue;
}

/** The function of a query, mutation or action. */
export interface FunctionCall {
  readonly udfPath: string;
  /** The arguments object in Convex's JSON. */
  readonly args: JSONValue;
  /** `""` for the app. */
  readonly component: string;
}

export interface AddQuery extends FunctionCall {
  readonly type: "Add";
  readonly queryId: number;
  readonly journal: string | null;
}

interface RemoveQuery {
  readonly type: "Remove";
  readonly queryId: number;
}

export interface ModifyQuerySet {
  readonly type: "ModifyQuerySet";
  readonly baseVersion: number;
  readonly newVersion: number;
  readonly modifications: readonly (AddQuery | RemoveQuery)[];
}

export interface FunctionRequest extends FunctionCall {
  readonly type: "Mutation" | "Action";
  readonly requestId: number;
}

export type ClientMessage =
  Connect | Authenticate | ModifyQuerySet | FunctionRequest | { readonly type: "Event" };

type Fields = Readonly<Record<string, JSONValue | undefined>>;

const MAX_ID = 2 ** 32 - 1;
/** Every mutation stores the session's id. Clients send a UUID. */
const MAX_SESSION_CHARACTERS = 128;

/** @throws ProtocolError if the text is not a message. */
export function parseMessage(text: string): ClientMessage {
  const fields = parse(text);
  switch (fields["type"]) {
    case "Connect":
      return connect(fields);
    case "Authenticate":
      return authenticate(fields);
    case "ModifyQuerySet":
      return modifyQuerySet(fields);
    case "Mutation":
    case "Action":
      return { type: fields["type"], requestId: idIn(fields, "requestId"), ...functionCall(fields) };
    case "Event":
      return { type: "Event" };
    default:
      throw invalid("unknown type");
  }
}

function parse(text: string): Fields {
  try {
    return objectIn(JSON.parse(text) as JSONValue);
  } catch (error) {
    throw error instanceof ProtocolError ? error : invalid("not JSON");
  }
}

function connect(fields: Fields): Connect {
  const { clientTs, maxObservedTimestamp } = fields;
  const sessionId = textIn(fields, "sessionId");
  if (sessionId.length > MAX_SESSION_CHARACTERS) throw invalid("sessionId");
  return {
    type: "Connect",
    sessionId,
    clientTs: typeof clientTs === "number" ? clientTs : null,
    maxObservedTimestamp: maxObservedTimestamp == null ? null : decodeTs(maxObservedTimestamp),
  };
}

function authenticate(fields: Fields): Authenticate {
  const { tokenType, impersonating = null } = fields;
  if (tokenType !== "User" && tokenType !== "Admin" && tokenType !== "None") throw invalid("tokenType");
  const value = tokenType === "None" ? "" : textIn(fields, "value");
  return { type: "Authenticate", tokenType, value, baseVersion: idIn(fields, "baseVersion"), impersonating };
}

function modifyQuerySet(fields: Fields): ModifyQuerySet {
  const { modifications } = fields;
  if (!Array.isArray(modifications)) throw invalid("modifications");
  return {
    type: "ModifyQuerySet",
    baseVersion: idIn(fields, "baseVersion"),
    newVersion: idIn(fields, "newVersion"),
    modifications: modifications.map((modification) => {
      const change = objectIn(modification);
      const queryId = idIn(change, "queryId");
      const { type, journal = null } = change;
      if (type === "Remove") return { type, queryId };
      if (type !== "Add" || (journal !== null && typeof journal !== "string")) throw invalid("modifications");
      return { type, queryId, journal, ...functionCall(change) };
    }),
  };
}

function functionCall(fields: Fields): FunctionCall {
  const { args, componentPath } = fields;
  if (!Array.isArray(args) || args.length > 1) throw invalid("args");
  const component = componentPath == null ? "" : textIn(fields, "componentPath");
  return { udfPath: textIn(fields, "udfPath"), args: args[0] ?? {}, component };
}

function objectIn(value: JSONValue): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid("not an object");
  return value;
}

function textIn(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string") throw invalid(name);
  return value;
}

function idIn(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > MAX_ID)
    throw invalid(name);
  return value;
}

function invalid(problem: string): ProtocolError {
  return new ProtocolError(`WSMessageInvalidJson: Received Invalid JSON on websocket: ${problem}`);
}

/** Encodes a timestamp: base64 of a 64-bit integer, little-endian. */
export function encodeTs(ts: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(ts);
  return bytes.toString("base64");
}

function decodeTs(encoded: JSONValue): bigint {
  const bytes = typeof encoded === "string" ? Buffer.from(encoded, "base64") : Buffer.alloc(0);
  const ts = bytes.length === 8 ? bytes.readBigUInt64LE() : -1n;
  // Timestamps are nanoseconds since 1970, so the upper half of the range is beyond the year 2262.
  if (ts < 0n || ts >= 2n ** 63n) throw invalid("maxObservedTimestamp");
  return ts;
}
