/** Converts errors for the test. */
import { SyscallError } from "../exec/errors";

const VALIDATOR_ERROR = /^(?:Argument|Returns)ValidationError: | does not match the schema: /;

/**
 * Returns the object that the function threw, or the engine's reason not to call it.
 *
 * Validator errors have Convex's messages. Suites written for the mock look for the mock's marker, so this appends it.
 */
export function thrownOf(error: unknown): unknown {
  if (!(error instanceof SyscallError)) return error;
  if ("cause" in error) return marked(thrownOf(error.cause));
  return marked(new Error(error.message));
}

function marked(error: unknown): unknown {
  if (error instanceof Error && VALIDATOR_ERROR.test(error.message) && !error.message.endsWith(MARK)) {
    error.message += MARK;
  }
  return error;
}

const MARK = "\n(Validator error)";
