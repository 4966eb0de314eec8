/** From the definitions of components to the tree of those that are mounted, each with its own environment. */
import type { ValidatorJSON } from "convex/values";
import { checkValue } from "../values/validators";
import type { Definition, EnvBinding } from "./componentConfig";

/** A mounted component, or the app. */
export interface Mount {
  /** `""` for the app, `rateLimiter`, `rateLimiter/batchWorker`. */
  readonly path: string;
  /** The path of its definition. The same definition may be mounted several times. */
  readonly definition: string;
  /** The paths of what it mounts itself, by the names that it calls them. */
  readonly children: ReadonlyMap<string, string>;
  /** What `process.env` answers in it. */
  readonly env: ReadonlyMap<string, string>;
}

type Env = ReadonlyMap<string, string>;

/** `convex.config.ts` says what cannot be. */
class ComponentError extends Error {}

/** A project without `convex.config.ts`. */
export function appOnly(env: Env): readonly Mount[] {
  return [{ path: "", definition: "", children: new Map(), env }];
}

/**
 * The app and all components below it, parents before their children.
 *
 * The app sees its whole environment; a component only what its parent has bound to the names that it declares.
 *
 * @param definitions by the paths of their definitions, the app's under `""`.
 * @param env the app's environment.
 * @throws ComponentError that names the component: a variable is missing, unknown or of the wrong form, a name is
 * taken, a definition mounts itself, HTTP routes have a prefix.
 */
export function mountTree(definitions: ReadonlyMap<string, Definition>, env: Env): readonly Mount[] {
  const mounts: Mount[] = [];
  const mount = (path: string, definitionPath: string, own: Env, ancestors: readonly string[]): void => {
    if (ancestors.includes(definitionPath)) {
      throw new ComponentError(`The component at convex/${definitionPath} mounts itself, as ${path}.`);
    }
    const definition = definitions.get(definitionPath);
    if (definition === undefined) {
      throw new ComponentError(`There is no definition of the component ${path} (convex/${definitionPath}).`);
    }
    checkRoutes(path, definition);
    const children = new Map<string, string>();
    mounts.push({ path, definition: definitionPath, children, env: own });
    for (const child of definition.childComponents) {
      const childPath = path === "" ? child.name : `${path}/${child.name}`;
      if (!/^\w{1,64}$/.test(child.name)) {
        throw new ComponentError(
          `${label(path)} mounts a component as '${child.name}'. Names have letters, digits and underscores only.`,
        );
      }
      if (children.has(child.name)) {
        throw new ComponentError(
          `${label(path)} has multiple child components with the same name: ${child.name}. ` +
            `Give one another name: \`app.use(component, { name: "…" })\`.`,
        );
      }
      children.set(child.name, childPath);
      const declared = definitions.get(child.path)?.envVars ?? [];
      const bound = bind(childPath, declared, child.env ?? [], own);
      mount(childPath, child.path, bound, [...ancestors, definitionPath]);
    }
  };
  checkVariables("convex/convex.config.ts", definitions.get("")?.envVars ?? [], env, inTheApp);
  mount("", "", env, []);
  return mounts;
}

function inTheApp(name: string): string {
  return `Set ${name} in .env.local or in the environment.`;
}

/** The environment of a child. */
function bind(
  path: string,
  declared: NonNullable<Definition["envVars"]>,
  bindings: readonly (readonly [name: string, binding: EnvBinding])[],
  parent: Env,
): Env {
  const env = new Map<string, string>();
  for (const [name, binding] of bindings) {
    if (!declared.some(([known]) => known === name)) {
      throw new ComponentError(`The component ${path} declares no environment variable ${name}.`);
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
  who: string,
  declared: NonNullable<Definition["envVars"]>,
  env: Env,
  hint: (name: string) => string,
): void {
  for (const [name, { value: validator, optional = false }] of declared) {
    const value = env.get(name);
    if (value === undefined) {
      if (optional) continue;
      throw new ComponentError(
        `${who}: the environment variable ${name} is required and not set. ${hint(name)}`,
      );
    }
    const problem = checkValue(JSON.parse(validator) as ValidatorJSON, value, { tableOf: () => null });
    if (problem === null) continue;
    // The value may be a secret.
    throw new ComponentError(
      `${who}: the environment variable ${name} is not of the declared form (${validator}). ${hint(name)}`,
    );
  }
}

function checkRoutes(path: string, { httpMounts, httpPrefix }: Definition): void {
  if (httpPrefix === undefined && Object.keys(httpMounts).length === 0) return;
  throw new ComponentError(
    `${label(path)} sets an \`httpPrefix\`, which the embedded runtime does not support. Mount the routes in http.ts, ` +
      "or deploy to Convex.",
  );
}

function label(path: string): string {
  return path === "" ? "convex/convex.config.ts" : `The component ${path}`;
}
