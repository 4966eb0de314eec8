/** The exports of `convex/server` that the runtime uses from a build's own copy. */

/** Registers a handler. Returns the value that a module exports. */
type Register<Registered> = (handler: (ctx: object) => unknown) => Registered;

interface Query {
  invokeQuery(args: string): Promise<string>;
}

interface Mutation {
  invokeMutation(args: string): Promise<string>;
}

interface Action {
  invokeAction(requestId: string, args: string): Promise<string>;
}

interface HttpAction {
  invokeHttpAction(request: null): Promise<unknown>;
}

/** Contexts and error classes must come from the copy of `convex` that the functions import. */
export interface ConvexLibrary {
  readonly queryGeneric: Register<Query>;
  readonly internalQueryGeneric: Register<Query>;
  readonly mutationGeneric: Register<Mutation>;
  readonly internalMutationGeneric: Register<Mutation>;
  readonly actionGeneric: Register<Action>;
  readonly internalActionGeneric: Register<Action>;
  readonly httpActionGeneric: Register<HttpAction>;
  readonly httpRouter: () => { readonly runRequest: unknown };
  readonly ConvexError: new (data: unknown) => Error & { data: unknown };
}

const SERVER: readonly Exclude<keyof ConvexLibrary, "ConvexError">[] = [
  "queryGeneric",
  "internalQueryGeneric",
  "mutationGeneric",
  "internalMutationGeneric",
  "actionGeneric",
  "internalActionGeneric",
  "httpActionGeneric",
  "httpRouter",
];

/** The names of all exports. */
export const LIBRARY_NAMES: readonly (keyof ConvexLibrary)[] = [...SERVER, "ConvexError"];

/** Source text for a generated module that exports its copy: the import statements, and an object of the imported names. */
export const LIBRARY_EXPORTS = {
  imports: `import { ${SERVER.join(", ")} } from "convex/server";\nimport { ConvexError } from "convex/values";`,
  object: `{ ${SERVER.join(", ")}, ConvexError }`,
} as const;
