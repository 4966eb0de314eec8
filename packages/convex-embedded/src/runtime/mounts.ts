/** Converts component definitions to the tree of mounted components, each with its own environment. */
import type { ValidatorJSON } from "convex/values";
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
}

type Env = ReadonlyMap<string, string>;

/** A `convex.config.ts` is invalid. */
class ComponentError extends Error {}

/** Returns the mounts of a project without `convex.config.ts`. */
export function appOnly(env: Env): readonly Mount[] {
  return [{ path: "", definition: "", children: new Map(), env }];
}

/**
 * Returns the app and all its components, parents before their children.
 *
 * The app sees its whole environment. A component sees only the variables that it declares and its parent binds.
 *
 * @param definitions The definitions by path. The app's path is `""`.
 * @param env The app's environment.
 * @throws ComponentError that names the component, if a variable is missing, unknown or invalid, a name is taken, a definition
 * mounts itself, or HTTP routes have a prefix.
 */
export function mountTree(definitions: ReadonlyMap<string, Definition>, env: Env): readonly Mount[] {
  const mounts: Mount[] = [];
  const mount = (path: string, definitionPath: string, own: Env, ancestors: readonly string[]): void => {
    if (ancestors.includes(definitionPath)) {
      throw new ComponentError(`The component at convex/${definitionPath} mounts itself, as ${path}.`);
    }
    const definition = definitions.get(definitionPath);
    if (definition === undefined) {
      throw new ComponentError(`The component ${path} (convex/${definitionPath}) has no definition.`);
    }
    checkRoutes(path, definition);
    const children = new Map<string, string>();
    mounts.push({ path, definition: definitionPath, children, env: own });
    for (const child of definition.childComponents) {
      const childPath = path === "" ? child.name : `${path}/${child.name}`;
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
