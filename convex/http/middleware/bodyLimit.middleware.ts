import type { Endpoint } from "../kit/api.kit";
import type { ApiContext } from "../kit/env.kit";
import { limitOf, tooLarge } from "../kit/limits.kit";

/** Refuses a body whose declared length is too large, before any other check. */
export function requireDeclaredLength(c: ApiContext, { body }: Endpoint): void {
  const declared = c.req.header("Content-Length");
  const limit = limitOf(body);
  if (declared !== undefined && Number(declared) > limit) tooLarge(limit);
}
