import { SyscallError } from "../exec/errors";

/** A token can be neither accepted nor refused, because the issuer's keys are not cached and cannot be fetched. */
export class IssuerUnreachable extends SyscallError {}
