/** What a test gets of what was thrown. */
import { SyscallError } from "../exec/errors";

const OF_VALIDATORS = /^(?:Argument|Returns)ValidationError: | does not match the schema: /;

/**
 * The very object that the function threw, or the engine's reason not to call it.
 *
 * What a validator refuses is told in Convex's words. Suites that were written for the mock look for its own, which
 * always begin the same way; these are added.
 */
export function thrownOf(error: unknown): unknown {
  if (!(error instanceof SyscallError)) return error;
  if ("cause" in error) return marked(thrownOf(error.cause));
  return marked(new Error(error.message));
}

function marked(error: unknown): unknown {
  if (error instanceof Error && OF_VALIDATORS.test(error.message) && !error.message.endsWith(MARK)) {
    error.message += MARK;
  }
  return error;
}

const MARK = "\n(Validator error)";
