/** From which origins browsers may call the deployment. */
import { ok, problem, warning, type Finding } from "../finding";
import { entriesOf, originMeantBy } from "../checkout/origins";
import type { Ask } from "./ask";

/** An origin that no deployment lists: `.invalid` never resolves (RFC 2606). */
const UNLISTED = "https://doctor.invalid";

/**
 * Sends preflight requests as a browser does.
 *
 * @param wanted origins that must be allowed. @param setting the value of `CORS_ORIGINS`, if known.
 */
export async function cors(ask: Ask, wanted: readonly string[], setting?: string): Promise<Finding[]> {
  const allowsAll = await allowed(ask, UNLISTED);
  const listed = entriesOf(setting ?? "").filter((entry) => entry !== "*");
  const meant = listed.flatMap((entry) => originMeantBy(entry) ?? []);
  const refused: string[] = [];
  for (const origin of [...wanted, ...meant]) if (!(await allowed(ask, origin))) refused.push(origin);
  if (refused.length > 0)
    return [
      problem(
        `Requests from pages of ${refused.join(", ")} are refused`,
        "Add the origin to CORS_ORIGINS of the deployment.",
      ),
    ];
  if (allowsAll && meant.length > 0)
    return [
      warning(
        "The deployment allows every origin, not only those in CORS_ORIGINS",
        "Set CORS_ORIGINS on the deployment too.",
      ),
    ];
  if (allowsAll) return [ok("every origin is allowed (CORS_ORIGINS is *)")];
  const count = wanted.length + meant.length;
  const unlisted = "an unlisted origin is refused";
  return [ok(count > 0 ? `${count} origins are allowed, ${unlisted}` : unlisted)];
}

async function allowed(ask: Ask, origin: string): Promise<boolean> {
  const headers = {
    Origin: origin,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type,x-api-key",
  };
  const reply = await ask("/api/keys", { method: "OPTIONS", headers });
  const answer = reply.headers.get("access-control-allow-origin");
  return answer === "*" || answer === origin;
}
