import { bundle } from "./checkout/bundle";
import { generated } from "./checkout/generated";
import { issuers } from "./checkout/issuers";
import { machine } from "./checkout/machine";
import { modules } from "./checkout/modules";
import { names } from "./checkout/names";
import { origins } from "./checkout/origins";
import { secrets } from "./checkout/secrets";
import { secretsKey } from "./checkout/secretsKey";
import { tools } from "./checkout/tools";
import { types } from "./checkout/types";
import { values } from "./checkout/values";
import { orOk, problem, type Finding, type Section } from "./finding";
import { knownNames, readSettings, webhookSettings, webhookSources } from "./settings";

export interface Options {
  /** Absolute path of the checkout. */
  readonly project: string;
  /** The environment of the process. */
  readonly host: Readonly<Record<string, string | undefined>>;
  /** Read instead of `.env.local` and the environment. */
  readonly envFile?: string | undefined;
}

/** Runs every check that needs no server. Writes nothing into the tree. */
export async function checkout({ project, host, envFile }: Options): Promise<Section[]> {
  return [
    { name: "machine", findings: await machine(project) },
    { name: "settings", findings: settings({ project, host, envFile }) },
    { name: "tools", findings: await tools(project, host) },
    { name: "modules", findings: modules(project) },
    { name: "types", findings: await types(project) },
    { name: "bundle", findings: await bundle(project) },
    { name: "generated", findings: await generated(project) },
  ];
}

/** Checks the settings in `envFile`, or else in `.env.local` and the environment. */
export function settings({ project, host, envFile }: Options): Finding[] {
  const set = readSettings(project, host, envFile);
  const sources = webhookSources(project);
  const known = knownNames(project, sources.flatMap(webhookSettings));
  const count = [...known].filter((name) => set.values.has(name) && !name.startsWith("CONVEX_")).length;
  const broken = set.broken.map((line) => problem(line, "Correct or delete the line."));
  const found = [...broken, ...names(set, known), ...values(set), ...origins(set), ...issuers(set)];
  return [
    ...orOk(found, `${count} set; the others have their defaults`),
    ...secrets(set, sources),
    ...(known.has("SECRETS_KEY") ? secretsKey(set) : []),
  ];
}
