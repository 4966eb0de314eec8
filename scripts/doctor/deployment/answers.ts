/** Whether the deployment answers, and with the headers that the API sends. */
import { SECURITY_HEADERS } from "../../../convex/http/middleware/securityHeaders.middleware";
import { isLocal } from "../checkout/values";
import { ok, problem, reasonOf, warning, type Finding } from "../finding";
import { objectOf, type Ask } from "./ask";

/** Checks `/health` and `/health/ready`. If one fails, the other checks are skipped. */
export async function answers(ask: Ask): Promise<Finding[]> {
  const { protocol, hostname } = ask.url;
  const plain =
    protocol === "https:" || isLocal(hostname)
      ? []
      : [
          warning(
            "The address uses plain HTTP, so an attacker on the network can read API keys",
            "Serve the API over HTTPS.",
          ),
        ];
  try {
    const health = await ask("/health");
    if (health.status !== 200 || (await objectOf(health))["status"] !== "ok") {
      const what = `GET /health answers ${health.status}, so this is not the API`;
      const where =
        "on Convex it ends with .convex.site or is your own domain; `npm start` prints it after api";
      return [problem(what, `Check the address: ${where}.`)];
    }
    const ready = await ask("/health/ready");
    const { checks = [] } = await objectOf(ready);
    const failed = (checks as { name: string; ok: boolean }[]).filter((check) => !check.ok);
    if (ready.status !== 200)
      return [
        problem(
          `GET /health/ready answers ${ready.status}; failed checks: ${failed.map(({ name }) => name).join(", ")}`,
          "Read the deployment's log for the cause.",
        ),
      ];
    return [...plain, ok("the API is healthy, and its database can be read and written")];
  } catch (error) {
    return [
      problem(
        `The deployment cannot be reached: ${reasonOf(error)}`,
        "Check the address, and that the server is running.",
      ),
    ];
  }
}

/** Checks that the API's headers arrive unchanged through a proxy. */
export async function headers(ask: Ask): Promise<Finding[]> {
  const reply = await ask("/health", { headers: { "X-Request-Id": "doctor" } });
  const missing = Object.entries(SECURITY_HEADERS).filter(
    ([name, value]) => reply.headers.get(name) !== value,
  );
  const findings: Finding[] = [];
  if (missing.length > 0)
    findings.push(
      problem(
        `Headers are missing or changed: ${missing.map(([name]) => name).join(", ")}`,
        "Configure the proxy in front of the API to pass response headers unchanged.",
      ),
    );
  if (reply.headers.get("x-request-id") !== "doctor")
    findings.push(
      warning(
        "X-Request-Id is not echoed, so the log does not show the id that a client sends",
        "Configure the proxy in front of the API to pass X-Request-Id in both directions.",
      ),
    );
  return findings.length > 0 ? findings : [ok("security headers and X-Request-Id arrive unchanged")];
}
