/** What of `convex/server` a build's own copy is asked for. */

/** A function that takes a handler and gives what a module exports. */
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

/** Error classes, like contexts, must be those of the copy that the functions import. */
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

/** For a script that is to hand over its copy: the imports, and the object of what they bring. */
export const LIBRARY_EXPORTS = {
  imports: `import { ${SERVER.join(", ")} } from "convex/server";\nimport { ConvexError } from "convex/values";`,
  object: `{ ${SERVER.join(", ")}, ConvexError }`,
} as const;
