/** The caller of a function through the API port: the operator, a logged-in user, or an anonymous client. */
import type { IncomingMessage } from "node:http";
import { SyscallError } from "../exec/errors";
import type { Engine } from "../exec/engine";
import type { LogLine } from "../exec/logLine";
import { ApiError } from "../http/api";
import { RequestOrigin } from "../http/origin";
import { IssuerUnreachable, TokenRefused } from "../auth/authErrors";
import { sameKey } from "./adminKey";
import type { Deployment } from "./deployment";

/** Collects the log lines of a call, which are part of the response, as on Convex. */
export class CallOrigin extends RequestOrigin {
  readonly lines: string[] = [];

  /** @param identity the JSON text of the identity that the operator acts as. */
  constructor(
    incoming: IncomingMessage,
    { trustProxy }: Engine,
    readonly identity?: string,
  ) {
    super(incoming, trustProxy);
  }

  readonly logged = ({ level, message }: LogLine): void => {
    this.lines.push(`[${level.toUpperCase()}] ${message}`);
  };
}

export interface Caller {
  /** True for the operator, who may call internal functions and those of components. */
  readonly admin: boolean;
  readonly origin: CallOrigin;
}

/** Identifies the caller. @throws ApiError for an invalid key or token: it is never treated as an anonymous call. */
export async function callerOf(deployment: Deployment, incoming: IncomingMessage): Promise<Caller> {
  const engine = deployment.engine();
  const header = incoming.headers.authorization;
  if (header === undefined) return { admin: false, origin: new CallOrigin(incoming, engine) };
  const [, scheme = "", credential = ""] = /^(\S+) +(\S.*)$/.exec(header) ?? [];
  switch (scheme.toLowerCase()) {
    case "convex": {
      const identity = actingAs(deployment, credential);
      return { admin: true, origin: new CallOrigin(incoming, engine, identity) };
    }
    case "bearer": {
      const origin = new CallOrigin(incoming, engine);
      await engine.auth.identify(origin).catch(refuseToken);
      return { admin: false, origin };
    }
    default:
      throw new ApiError(400, "InvalidHeaderFailure", "Invalid authentication header");
  }
}

/** Checks the admin key. @throws ApiError unless the request comes from the operator. */
export function requireAdmin(deployment: Deployment, incoming: IncomingMessage): void {
  const [, credential = ""] = /^convex +(\S.*)$/i.exec(incoming.headers.authorization ?? "") ?? [];
  actingAs(deployment, credential);
}

/** Creates Convex's error for an invalid key. */
export function badAdminKey(): ApiError {
  return new ApiError(
    403,
    "BadDeployKey",
    "The provided deploy key was invalid for this deployment. Double check that the environment this key was " +
      "generated for matches the desired deployment.",
  );
}

/**
 * Returns the identity in `KEY:BASE64` that the operator acts as; `undefined` for `KEY` alone.
 *
 * @throws ApiError if the key is not this deployment's, or the rest is not an identity.
 */
function actingAs({ adminKey }: Deployment, credential: string): string | undefined {
  const colon = credential.indexOf(":");
  const key = colon === -1 ? credential : credential.slice(0, colon);
  if (!sameKey(key, adminKey)) throw badAdminKey();
  return colon === -1 ? undefined : identityIn(credential.slice(colon + 1));
}

function identityIn(base64: string): string {
  try {
    const identity = assumedIdentity(JSON.parse(Buffer.from(base64, "base64").toString()));
    if (identity !== null) return identity;
  } catch {
    // Invalid base64 or JSON is refused below.
  }
  throw new ApiError(400, "HeaderParseFailure", "Malformed Authorization header.");
}

/** Returns the JSON text of an identity that the operator acts as, `null` if the value is not an identity. */
export function assumedIdentity(identity: unknown): string | null {
  if (typeof identity !== "object" || identity === null) return null;
  const tokenIdentifier = tokenIdentifierOf(identity as Readonly<Record<string, unknown>>);
  return tokenIdentifier === null ? null : JSON.stringify({ ...identity, tokenIdentifier });
}

/** Returns the given token identifier, or the one that Convex derives from issuer and subject. `null` if neither is given. */
function tokenIdentifierOf(identity: Readonly<Record<string, unknown>>): string | null {
  const { tokenIdentifier, issuer, subject } = identity;
  if (typeof tokenIdentifier === "string") return tokenIdentifier;
  return typeof issuer === "string" && typeof subject === "string" ? `${issuer}|${subject}` : null;
}

function refuseToken(error: unknown): never {
  if (error instanceof IssuerUnreachable) {
    throw new ApiError(503, "AuthProviderDiscoveryFailed", error.message, { "retry-after": "5" });
  }
  if (!(error instanceof SyscallError)) throw error;
  throw new ApiError(401, error instanceof TokenRefused ? error.code : "Unauthenticated", error.message);
}
