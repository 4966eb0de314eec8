/**
 * A test harness of the shape of `convex-test`, the official mock, on the embedded engine.
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
 * The functions are imported by the test itself and run in its realm, so that its mocks, fake timers and classes are
 * theirs. Documents, files and jobs are in memory; instances know nothing of each other.
 */
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
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- a suite may still name it
  TestConvexForDataModelAndIdentity,
  TestConvexRoot,
} from "convex-test";

type Options = Partial<Omit<InstanceOptions, "schema">> & { readonly schema?: Schema };

/**
 * Makes a new instance, with nothing in it.
 *
 * @param schemaOrOptions the default export of `schema.ts`, or `{ schema, modules, transactionLimits }`; nothing: any
 * document goes, and there are no indexes.
 * @param modules `import.meta.glob` of all functions, the folder `_generated` included. Unlike in `convex-test` they are
 * required: this package does not know where a project keeps its functions.
 * @throws Error without modules, and for a schema that Convex refuses.
 */
// Its signatures are those of `convex-test`, which infer the documents' types from the schema.
export const convexTest = create as unknown as typeof ConvexTest;

function create(schemaOrOptions?: Schema | Options, modules?: Glob): object {
  const instance = new Instance(optionsOf(schemaOrOptions, modules));
  installConvexGlobal();
  // Now already, so that who looks at a global before a function runs finds the same afterwards.
  installGlobals();
  return {
    ...accessor(instance, { ip: null, userAgent: null, login: null }),
    registerComponent: (path: string, schema: Schema, glob: Glob): void =>
      instance.registerComponent(path, schema, glob),
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
