/** Refusals of pushes. */
import { ApiError } from "../../http/api";
import { isUnavailable } from "../../store/unavailable";

/** Converts the error of a build to a refusal. The command line then prints the message and does not retry. */
export function refusal(error: unknown): unknown {
  if (error instanceof ApiError || isUnavailable(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ApiError(400, "PushRefused", `Hit an error while pushing:\n${message}`);
}
