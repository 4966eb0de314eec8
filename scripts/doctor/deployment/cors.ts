/** What a browser is told: which pages may call. */
import { ok, problem, warning, type Finding } from "../finding";
import { entriesOf, originMeantBy } from "../checkout/origins";
import type { Ask } from "./ask";

/** Nobody's: `.invalid` never resolves (RFC 2606). */
const STRANGER = "https://doctor.invalid";

/**
 * Asks as a browser does before it sends a request.
 *
 * @param wanted origins that have to be allowed. @param setting `CORS_ORIGINS`, where it is known.
 */
export async function cors(ask: Ask, wanted: readonly string[], setting?: string): Promise<Finding[]> {
  const anyone = await allowed(ask, STRANGER);
  const listed = entriesOf(setting ?? "").filter((entry) => entry !== "*");
  const meant = listed.flatMap((entry) => originMeantBy(entry) ?? []);
  const refused: string[] = [];
  for (const origin of [...wanted, ...meant]) if (!(await allowed(ask, origin))) refused.push(origin);
  if (refused.length > 0)
    return [
      problem(`Pages of ${refused.join(", ")} are refused`, "Add them to CORS_ORIGINS of the deployment."),
    ];
  if (anyone && meant.length > 0)
    return [warning("Every page may call, not only those of CORS_ORIGINS", "Set it on the deployment too.")];
  if (anyone) return [ok("every page may call (CORS_ORIGINS is *)")];
  const asked = wanted.length + meant.length;
  return [ok(asked > 0 ? `${asked} origins are allowed, a stranger is not` : "a stranger's page is refused")];
}

async function allowed(ask: Ask, origin: string): Promise<boolean> {
  const headers = {
    Origin: origin,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type,x-api-key",
  };
  const reply = await ask("/api/items", { method: "OPTIONS", headers });
  const answer = reply.headers.get("access-control-allow-origin");
  return answer === "*" || answer === origin;
}
