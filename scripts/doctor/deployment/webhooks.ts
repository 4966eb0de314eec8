/** Which webhooks are open: an unsigned event is answered 400 if a secret is set, and 503 if none is. */
import { ok, problem, type Finding } from "../finding";
import { webhookSetting, webhookSettings } from "../settings";
import type { Ask } from "./ask";

/** Checks the webhooks of these sources. @param known the settings that the deployment should have, if known. */
export async function webhooks(
  ask: Ask,
  sources: readonly string[],
  known?: ReadonlyMap<string, string>,
): Promise<Finding[]> {
  const open: string[] = [];
  const closed: string[] = [];
  const findings: Finding[] = [];
  for (const source of sources) {
    const headers = { "Content-Type": "application/json" };
    const { status } = await ask(`/webhooks/${source}`, { method: "POST", headers, body: "{}" });
    const name = webhookSetting(source);
    if (status === 503 && webhookSettings(source).some((one) => known?.get(one)))
      findings.push(
        problem(
          `/webhooks/${source} is closed: ${name} is not set on the deployment`,
          `Run \`npx convex env set ${name}\`.`,
        ),
      );
    else if (status === 503) closed.push(source);
    else if (status === 400) open.push(source);
    else
      findings.push(
        problem(
          `POST /webhooks/${source} answers an unsigned event with ${status}, not with 400`,
          "Deploy this checkout, and configure the proxy in front of it to pass POST requests.",
        ),
      );
  }
  if (open.length > 0) findings.push(ok(`open: ${open.join(", ")}`));
  if (closed.length > 0)
    findings.push(
      ok(
        `closed because no secret is set: ${closed.map((name) => `${name} (${webhookSetting(name)})`).join(", ")}`,
      ),
    );
  return findings;
}
