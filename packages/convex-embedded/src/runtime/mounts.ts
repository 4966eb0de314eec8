/** Converts component definitions to the tree of mounted components, each with its own environment. */
import type { ValidatorJSON } from "convex/values";
import type { HttpMounts } from "../exec/components";
import { checkValue } from "../values/validators";
import type { Definition, EnvBinding } from "./componentConfig";

/** A mounted component, or the app. */
export interface Mount {
  /** `""` for the app, `rateLimiter`, `rateLimiter/batchWorker`. */
  readonly path: string;
  /** The path of its definition. The same definition may be mounted several times. */
  readonly definition: string;
  /** The paths of the components that this one mounts, by the names that it gives them. */
  readonly children: ReadonlyMap<string, string>;
  /** The contents of `process.env` in the component. */
  readonly env: ReadonlyMap<string, string>;
  readonly http: HttpMounts;
}

/** The beginning of a reference to a child component in `httpMounts`. */
const CHILD = "_reference/childComponent/";

type Env = ReadonlyMap<string, string>;

/** A `convex.config.ts` is invalid. */
class ComponentError extends Error {}

/** Returns the mounts of a project without `convex.config.ts`. */
export function appOnly(env: Env): readonly Mount[] {
  return [{ path: "", definition: "", children: new Map(), env, http: { prefix: null, mounts: [] } }];
}

/**
 * Returns the app and all its components, parents before their children.
 *
 * The app sees its whole environment. A component sees only the variables that it declares and its parent binds, and the
 * runtime's own: the URLs of the server. `CONVEX_SITE_URL` has the prefix of its HTTP routes.
 *
 * @param definitions The definitions by path. The app's path is `""`.
 * @param env The app's environment.
 * @throws ComponentError that names the component, if a variable is missing, unknown or invalid, a name is taken, or a
 * definition mounts itself.
 */
export function mountTree(definitions: ReadonlyMap<string, Definition>, env: Env): readonly Mount[] {
  const mounts: Mount[] = [];
  const mount = (
    path: string,
    definitionPath: string,
    own: Env,
    ancestors: readonly string[],
    urlPrefix: string,
  ): void => {
    if (ancestors.includes(definitionPath)) {
      throw new ComponentError(`The component at convex/${definitionPath} mounts itself, as ${path}.`);
    }
    const definition = definitions.get(definitionPath);
    if (definition === undefined) {
      throw new ComponentError(`The component ${path} (convex/${definitionPath}) has no definition.`);
    }
    const children = new Map<string, string>();
    const prefixes = Object.entries(definition.httpMounts).map(
      ([prefix, reference]) => [prefix, reference.slice(CHILD.length)] as const,
    );
    const below = (name: string): string => (path === "" ? name : `${path}/${name}`);
    const http = {
      prefix: definition.httpPrefix ?? null,
      mounts: prefixes.map(([prefix, name]) => [prefix, below(name)] as const),
    };
    mounts.push({ path, definition: definitionPath, children, env: own, http });
    for (const child of definition.childComponents) {
      const childPath = below(child.name);
      if (!/^\w{1,64}$/.test(child.name)) {
        throw new ComponentError(
          `${label(path)} mounts a component as '${child.name}'. Use only letters, digits and underscores, at most 64.`,
        );
      }
      if (children.has(child.name)) {
        throw new ComponentError(
          `${label(path)} has multiple child components with the same name: ${child.name}. ` +
            `Rename one of them: \`app.use(component, { name: "…" })\`.`,
        );
      }
      children.set(child.name, childPath);
      const declared = definitions.get(child.path)?.envVars ?? [];
      const bound = bind(childPath, declared, child.env ?? [], own);
      const prefix = prefixes.find(([, name]) => name === child.name)?.[0];
      const childPrefix = prefix === undefined ? "" : urlPrefix + prefix.replace(/\/$/, "");
      const visible = new Map([...urlsOf(env, childPrefix), ...bound]);
      mount(childPath, child.path, visible, [...ancestors, definitionPath], childPrefix);
    }
  };
  checkVariables("convex/convex.config.ts", definitions.get("")?.envVars ?? [], env, inTheApp);
  mount("", "", env, [], "");
  return mounts;
}

/** Returns the URLs of the server as a component sees them. @param prefix The prefix of its HTTP routes, without a slash at its end. */
function urlsOf(env: Env, prefix: string): [name: string, url: string][] {
  const site = env.get("CONVEX_SITE_URL");
  const cloud = env.get("CONVEX_CLOUD_URL");
  const urls: [string, string][] = [];
  if (site !== undefined) urls.push(["CONVEX_SITE_URL", site.replace(/\/+$/, "") + prefix]);
  if (cloud !== undefined) urls.push(["CONVEX_CLOUD_URL", cloud]);
  return urls;
}

function inTheApp(name: string): string {
  return `Set ${name} in .env.local or in the environment.`;
}

/** Returns the environment of a child. */
function bind(
  path: string,
  declared: NonNullable<Definition["envVars"]>,
  bindings: readonly (readonly [name: string, binding: EnvBinding])[],
  parent: Env,
): Env {
  const env = new Map<string, string>();
  for (const [name, binding] of bindings) {
    if (!declared.some(([known]) => known === name)) {
      throw new ComponentError(`The component ${path} does not declare the environment variable ${name}.`);
    }
    const value = binding.type === "value" ? binding.value : parent.get(binding.name);
    if (value !== undefined) env.set(name, value);
  }
  checkVariables(label(path), declared, env, (name) => {
    const source = bindings.find(([bound]) => bound === name)?.[1];
    return source?.type === "envVar"
      ? `It is bound to ${source.name} of the component's parent.`
      : `Pass it where the component is mounted: \`app.use(component, { env: { ${name}: … } })\`.`;
  });
  return env;
}

function checkVariables(
  subject: string,
  declared: NonNullable<Definition["envVars"]>,
  env: Env,
  hint: (name: string) => string,
): void {
  for (const [name, { value: validator, optional = false }] of declared) {
    const value = env.get(name);
    if (value === undefined) {
      if (optional) continue;
      throw new ComponentError(
        `${subject}: the environment variable ${name} is required and not set. ${hint(name)}`,
      );
    }
    const problem = checkValue(JSON.parse(validator) as ValidatorJSON, value, { tableOf: () => null });
    if (problem === null) continue;
    // The message omits the value, which may be a secret.
    throw new ComponentError(
      `${subject}: the environment variable ${name} does not match its declared validator (${validator}). ${hint(name)}`,
    );
  }
}

function label(path: string): string {
  return path === "" ? "convex/convex.config.ts" : `The component ${path}`;
}
