import { settings } from "./checkout";
import { address } from "./deployment/address";
import { answers, headers } from "./deployment/answers";
import { asking } from "./deployment/ask";
import { cors } from "./deployment/cors";
import { docs, document } from "./deployment/document";
import { key } from "./deployment/key";
import { routes } from "./deployment/routes";
import { webhooks } from "./deployment/webhooks";
import { problem, reasonOf, type Finding, type Section } from "./finding";
import { readSettings, webhookSources } from "./settings";

export interface Deployment {
  /** The origin of its HTTP actions. */
  readonly url: URL;
  /** Absolute path of the checkout to compare it with. */
  readonly project: string;
  readonly key?: string | undefined;
  /** Origins that must be allowed. */
  readonly origins?: readonly string[] | undefined;
  /** A file with the settings that it should have, as `npx convex env list --include-values` prints them. */
  readonly envFile?: string | undefined;
}

/** Runs every check that works from outside. Changes nothing in the deployment. */
export async function deployment(options: Deployment): Promise<Section[]> {
  const { project, envFile } = options;
  const ask = asking(options.url);
  const known = envFile === undefined ? undefined : readSettings(project, {}, envFile).values;
  const given = { name: "settings", findings: known ? settings({ project, host: {}, envFile }) : [] };
  const first = { name: "answers", findings: await answers(ask) };
  if (first.findings.some(({ level }) => level === "problem")) return [first, given];
  const { origins = [], key: text } = options;
  return [
    first,
    given,
    await section("headers", () => headers(ask)),
    await section("routes", () => routes(ask)),
    await section("document", () => document(ask, project)),
    await section("docs", () => docs(ask)),
    await section("cors", () => cors(ask, origins, known?.get("CORS_ORIGINS"))),
    await section("webhooks", () => webhooks(ask, webhookSources(project), known)),
    ...(text === undefined ? [] : [await section("key", () => key(ask, text))]),
    // Last, because it uses up part of this address's rate limit.
    await section("address", () => address(ask)),
  ];
}

async function section(name: string, look: () => Promise<Finding[]>): Promise<Section> {
  try {
    return { name, findings: await look() };
  } catch (error) {
    const what = `The check failed: ${reasonOf(error)}`;
    return { name, findings: [problem(what, "Try again, then read the deployment's log.")] };
  }
}
