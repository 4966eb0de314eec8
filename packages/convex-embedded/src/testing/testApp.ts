/** `defineTestApp` of `convex-test` 0.0.70: an app whose functions a test defines itself, without files. */
import type {
  ActionBuilder,
  ApiFromModules,
  DataModelFromSchemaDefinition,
  FilterApi,
  FunctionReference,
  GenericSchema,
  MutationBuilder,
  QueryBuilder,
  SchemaDefinition,
} from "convex/server";
import {
  actionGeneric,
  anyApi,
  componentsGeneric,
  filterApi,
  internalActionGeneric,
  internalMutationGeneric,
  internalQueryGeneric,
  mutationGeneric,
  queryGeneric,
} from "convex/server";
import type { TestConvex, TestConvexRoot } from "convex-test";
import type { TransactionLimits } from "../exec/limits";
import { convexTest } from "./index";

type AnySchema = SchemaDefinition<GenericSchema, boolean>;
// A registration accepts the `t` of any schema, as in `convex-test`.
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- no other type accepts every data model
type AnyTest = TestConvexRoot<any>;

/** Registers a component under a name. May return the component's references, for their types. */
export type ComponentRegistration<Api> = (t: AnyTest, name: string) => Api | undefined;

/** The `test` exports of components, by the names of their instances. */
type Registrations = Readonly<Record<string, { readonly register: (t: AnyTest, name: string) => unknown }>>;

type References<Components extends Registrations> = {
  [Name in keyof Components]: NonNullable<ReturnType<Components[Name]["register"]>>;
};

/** The builders of an app's functions, typed by its schema. */
export interface TestApp<Schema extends AnySchema, Components extends Registrations> {
  readonly components: References<Components>;
  readonly query: QueryBuilder<DataModelFromSchemaDefinition<Schema>, "public">;
  readonly internalQuery: QueryBuilder<DataModelFromSchemaDefinition<Schema>, "internal">;
  readonly mutation: MutationBuilder<DataModelFromSchemaDefinition<Schema>, "public">;
  readonly internalMutation: MutationBuilder<DataModelFromSchemaDefinition<Schema>, "internal">;
  readonly action: ActionBuilder<DataModelFromSchemaDefinition<Schema>, "public">;
  readonly internalAction: ActionBuilder<DataModelFromSchemaDefinition<Schema>, "internal">;
  /** Defines the modules: their exports by path, such as `test` or `test/callbacks`. */
  readonly defineModules: <Modules extends Record<string, object>>(
    modules: Modules,
  ) => TestAppDefinition<Schema, Modules>;
}

export interface TestAppDefinition<Schema extends AnySchema, Modules extends Record<string, object>> {
  readonly api: FilterApi<ApiFromModules<Modules>, FunctionReference<"query" | "mutation" | "action">>;
  readonly internal: FilterApi<
    ApiFromModules<Modules>,
    FunctionReference<"query" | "mutation" | "action", "internal">
  >;
  /** Creates a new, empty instance, with the components registered. */
  readonly createTest: (options?: {
    readonly transactionLimits?: Partial<TransactionLimits> | boolean;
  }) => TestConvex<Schema>;
}

/**
 * Defines an app.
 *
 * ```ts
 * const app = defineTestApp({ schema, components: { counter: counterTest } });
 * const { api, createTest } = app.defineModules({
 *   test: { send: app.mutation({ args: { text: v.string() }, handler: (ctx, args) => ctx.db.insert("messages", args) }) },
 * });
 * await createTest().mutation(api.test.send, { text: "hello" });
 * ```
 *
 * @throws Error for the name of a component that holds a slash or a space.
 */
export function defineTestApp<Schema extends AnySchema, Components extends Registrations = Registrations>({
  schema,
  components,
}: {
  readonly schema: Schema;
  readonly components?: Components;
}): TestApp<Schema, Components> {
  const registrations = Object.entries(components ?? {});
  for (const [name] of registrations) checkName(name);
  const app = {
    components: componentsGeneric(),
    query: queryGeneric,
    internalQuery: internalQueryGeneric,
    mutation: mutationGeneric,
    internalMutation: internalMutationGeneric,
    action: actionGeneric,
    internalAction: internalActionGeneric,
    defineModules: (modules: Readonly<Record<string, object>>) => ({
      api: filterApi(anyApi),
      internal: filterApi(anyApi),
      createTest: ({ transactionLimits = false } = {}) => {
        const t = convexTest({ schema, modules: globOf(modules), transactionLimits });
        for (const [name, { register }] of registrations) registerNow(name, register(t, name));
        return t;
      },
    }),
  };
  // The builders and references of `convex/server` have no types of their own.
  return app as unknown as TestApp<Schema, Components>;
}

function checkName(name: string): void {
  if (name !== "" && !name.includes("/") && !name.includes(" ")) return;
  throw new Error(
    `Invalid component instance name "${name}": expected a nonempty name without slashes or spaces. Register nested components ` +
      'inside the parent\'s "register" function.',
  );
}

/** @throws Error if the registration is still under way. */
function registerNow(name: string, result: unknown): void {
  if (typeof result !== "object" || result === null || !(result instanceof Promise)) return;
  throw new Error(
    `Component registration for "${name}" returned a Promise. The "register" function must be synchronous.`,
  );
}

/** Returns modules in the form of `import.meta.glob`. The generated folder marks the root. */
function globOf(modules: Readonly<Record<string, object>>): Record<string, () => Promise<unknown>> {
  return Object.fromEntries(
    [["_generated/api", {}] as const, ...Object.entries(modules)].map(([path, module]) => [
      `./${path}.js`,
      () => Promise.resolve(module),
    ]),
  );
}
