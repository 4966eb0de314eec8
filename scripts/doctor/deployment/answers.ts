/** Whether the deployment answers at all, and with the headers that the API sends. */
import { SECURITY_HEADERS } from "../../../convex/http/middleware/securityHeaders.middleware";
import { isLocal } from "../checkout/values";
import { ok, problem, reasonOf, warning, type Finding } from "../finding";
import { objectOf, type Ask } from "./ask";

/** Looks at `/health` and `/health/ready`. A problem here makes the other checks pointless. */
export async function answers(ask: Ask): Promise<Finding[]> {
  const { protocol, hostname } = ask.url;
  const plain =
    protocol === "https:" || isLocal(hostname)
      ? []
      : [warning("Keys travel over plain HTTP, for anyone on the way to read", "Give it a certificate.")];
  try {
    const health = await ask("/health");
    if (health.status !== 200 || (await objectOf(health))["status"] !== "ok") {
      const what = `GET /health answers ${health.status}, so this is not the API`;
      const where = "on Convex it ends with .convex.site, or is your own domain; npm start prints it as api";
      return [problem(what, `Check the address: ${where}.`)];
    }
    const ready = await ask("/health/ready");
    const { checks = [] } = await objectOf(ready);
    const failed = (checks as { name: string; ok: boolean }[]).filter((check) => !check.ok);
    if (ready.status !== 200)
      return [
        problem(
          `GET /health/ready answers ${ready.status}: ${failed.map(({ name }) => name).join(", ")} fails`,
          "Look into the deployment's log.",
        ),
      ];
    return [...plain, ok("healthy, and its database can be read and written")];
  } catch (error) {
    return [
      problem(`It cannot be reached: ${reasonOf(error)}`, "Check the address, and that it is running."),
    ];
  }
}

/** Looks whether what stands before the API leaves its headers alone. */
export async function headers(ask: Ask): Promise<Finding[]> {
  const reply = await ask("/health", { headers: { "X-Request-Id": "doctor" } });
  const missing = Object.entries(SECURITY_HEADERS).filter(
    ([name, value]) => reply.headers.get(name) !== value,
  );
  const findings: Finding[] = [];
  if (missing.length > 0)
    findings.push(
      problem(
        `Not as the API sends them: ${missing.map(([name]) => name).join(", ")}`,
        "Let the proxy before it pass headers on.",
      ),
    );
  if (reply.headers.get("x-request-id") !== "doctor")
    findings.push(
      warning(
        "X-Request-Id is not echoed, so a client's id is not the one in the log",
        "Let the proxy before it pass X-Request-Id in both directions.",
      ),
    );
  return findings.length > 0 ? findings : [ok("security headers and the request's id are there")];
}
