/** The caller of the functions of one connection: an anonymous client, a logged-in user, or the operator. */
import type { IncomingMessage } from "node:http";
import type { Engine } from "../exec/engine";
import { SyscallError } from "../exec/errors";
import type { Origin } from "../exec/origins";
import { newRequestId, operatorOrigin } from "../exec/origins";
import type { LogLine } from "../exec/logLine";
import { sameKey } from "../protocol/adminKey";
import { assumedIdentity, badAdminKey, CallOrigin } from "../protocol/caller";
import type { Deployment } from "../protocol/deployment";
import type { Authenticate } from "./messages";
import { ProtocolError } from "./messages";

export interface SyncCaller {
  /** True for the operator, who may call internal functions and those of components, and run built-in queries. */
  readonly admin: boolean;
  /** The JSON text of the `UserIdentity`, `undefined` for an anonymous client. */
  readonly identity: string | undefined;
  /** When the token expires, in milliseconds since 1970. `Infinity` without a token. */
  readonly expires: number;
  /** Why all calls are refused, `null` if they are not: the client sent a wrong admin key. */
  readonly denied: string | null;
}

export const ANONYMOUS: SyncCaller = { admin: false, identity: undefined, expires: Infinity, denied: null };

/**
 * Identifies the caller from an `Authenticate` message.
 *
 * @throws SyscallError that says why a token is refused. @throws IssuerUnreachable if it cannot be verified now.
 */
export async function callerOf(deployment: Deployment, message: Authenticate): Promise<SyncCaller> {
  const { tokenType, value, impersonating } = message;
  switch (tokenType) {
    case "None":
      return ANONYMOUS;
    case "User": {
      const identity = await deployment.engine().auth.identify({ ...operatorOrigin(), token: value });
      return { ...ANONYMOUS, identity, expires: expiryOf(value) };
    }
    case "Admin": {
      if (!sameKey(value, deployment.adminKey)) return { ...ANONYMOUS, denied: badAdminKey().message };
      if (impersonating === null) return { ...ANONYMOUS, admin: true };
      const identity = assumedIdentity(impersonating);
      if (identity === null) throw new ProtocolError("`impersonating` must be an identity.");
      return { ...ANONYMOUS, admin: true, identity };
    }
  }
}

/** @param token a verified token. */
function expiryOf(token: string): number {
  const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString();
  const { exp } = JSON.parse(payload) as { readonly exp?: number };
  return exp === undefined ? Infinity : exp * 1000;
}

/** The origin of a mutation or action of a connection. */
export class RequestFromSocket extends CallOrigin {
  // The header of the upgrade request is not the credential: clients send an `Authenticate` message.
  override get token(): null {
    return null;
  }

  constructor(incoming: IncomingMessage, engine: Engine, { identity }: SyncCaller) {
    super(incoming, engine, identity);
  }
}

/** The origin of a subscribed query. Several connections may share the query, so it has no address. */
export class QueryOrigin implements Origin {
  readonly ip = null;
  readonly userAgent = null;
  readonly token = null;
  readonly requestId = newRequestId();
  readonly lines: string[] = [];

  constructor(readonly identity: string | undefined) {}

  readonly logged = ({ level, message }: LogLine): void => {
    this.lines.push(`[${level.toUpperCase()}] ${message}`);
  };
}

/** @throws SyscallError if the client sent a wrong admin key. */
export function checkNotDenied({ denied }: SyncCaller): void {
  if (denied !== null) throw new SyscallError(`${DENIED}. ${denied}`);
}

/**
 * `npx convex` exits with the message of an error that begins with this text. It throws other errors uncaught and then waits for
 * the network to report them, forever if there is no network.
 */
export const DENIED = "You do not have permission to perform this operation";
