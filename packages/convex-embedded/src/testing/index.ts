/**
 * A test harness with the API of `convex-test`, the official mock, on the embedded engine.
 *
 * A suite that was written for `convex-test` runs on the harness with an alias in the configuration of vitest:
 *
 * ```ts
 * resolve: { alias: { "convex-test": "convex-embedded/testing" } }
 * ```
 *
 * ```ts
 * const t = convexTest(schema, import.meta.glob("./**" + "/*.*s"));
 * await t.mutation(api.messages.send, { body: "Hi" });
 * expect(await t.query(api.messages.list)).toMatchObject([{ body: "Hi" }]);
 * ```
 *
 * The test imports the functions, and they run in its realm, so they share its mocks, fake timers and classes. Documents, files and
 * jobs are in memory. Instances are isolated from each other.
 */
import { componentsGeneric } from "convex/server";
import type { convexTest as ConvexTest } from "convex-test";
import { accessor } from "./accessor";
import { installConvexGlobal } from "./convexGlobal";
import { installGlobals } from "./globals";
import type { InstanceOptions, Schema } from "./instance";
import { Instance } from "./instance";
import type { Glob } from "./modules";

export type {
  TestConvex,
  TestConvexForDataModel,
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- suites may still use it
  TestConvexForDataModelAndIdentity,
  TestConvexRoot,
} from "convex-test";

export { defineTestApp } from "./testApp";
export type { ComponentRegistration, TestApp, TestAppDefinition } from "./testApp";

type Options = Partial<Omit<InstanceOptions, "schema">> & { readonly schema?: Schema };

/**
 * Creates a new, empty instance.
 *
 * @param schemaOrOptions the default export of `schema.ts`, or `{ schema, modules, transactionLimits }`. Without a schema every
 * document is valid, and no indexes exist.
 * @param modules `import.meta.glob` of all functions, including the folder `_generated`. Unlike in `convex-test` they are
 * required, because this package does not know where a project keeps its functions.
 * @throws Error without modules, and for a schema that Convex refuses.
 */
// The cast gives it the signatures of `convex-test`, which infer document types from the schema.
export const convexTest = create as unknown as typeof ConvexTest;

function create(schemaOrOptions?: Schema | Options, modules?: Glob): object {
  const instance = new Instance(optionsOf(schemaOrOptions, modules));
  installConvexGlobal();
  // Install early, so that a global read before the first function call stays the same afterwards.
  installGlobals();
  return {
    ...accessor(instance, { ip: null, userAgent: null, login: null }),
    registerComponent: (path: string, schema: Schema, glob: Glob): unknown => {
      instance.registerComponent(path, schema, glob);
      return componentsGeneric()[path];
    },
  };
}

function optionsOf(
  schemaOrOptions: Schema | Options | undefined,
  modules: Glob | undefined,
): InstanceOptions {
  const given: Options =
    schemaOrOptions !== undefined && "tables" in schemaOrOptions
      ? { schema: schemaOrOptions }
      : (schemaOrOptions ?? {});
  return {
    schema: given.schema ?? null,
    modules: modules ?? given.modules ?? missingModules(),
    transactionLimits: given.transactionLimits ?? false,
  };
}

function missingModules(): never {
  throw new Error(
    'convexTest() needs the modules of the functions: `convexTest(schema, import.meta.glob("./**/*.*s"))`, relative to convex/.',
  );
}
