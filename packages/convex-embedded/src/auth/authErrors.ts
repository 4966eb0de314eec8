import { SyscallError } from "../exec/errors";

/** A token can be neither accepted nor refused, because the issuer's keys are not cached and cannot be fetched. */
export class IssuerUnreachable extends SyscallError {}

/** A refused token. */
export class TokenRefused extends SyscallError {
  /** @param code Convex's code of the error. */
  constructor(
    message: string,
    readonly code: "InvalidAuthHeader" | "NoAuthProvider" | "Unauthenticated" = "InvalidAuthHeader",
  ) {
    super(message);
  }
}
