/** Which webhooks are open, by what an unsigned one is told: 400 where there is a secret, 503 where there is none. */
import { ok, problem, type Finding } from "../finding";
import { webhookSetting, webhookSettings } from "../settings";
import type { Ask } from "./ask";

/** @param known the settings that the deployment is meant to have, where they are known. */
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
        problem(`/webhooks/${source} is closed: the deployment has no ${name}`, `npx convex env set ${name}`),
      );
    else if (status === 503) closed.push(source);
    else if (status === 400) open.push(source);
    else
      findings.push(
        problem(
          `POST /webhooks/${source} answers ${status}, where an unsigned one gets 400`,
          "Deploy this checkout, and let the proxy before it pass POST on.",
        ),
      );
  }
  if (open.length > 0) findings.push(ok(`open: ${open.join(", ")}`));
  if (closed.length > 0)
    findings.push(
      ok(`closed, without a secret: ${closed.map((name) => `${name} (${webhookSetting(name)})`).join(", ")}`),
    );
  return findings;
}
