/** The `WebAssembly` of a realm: Node's, whose compilers a query or mutation may await. */
import { awaitable } from "../exec/awaitable";

const { compile, instantiate } = WebAssembly as unknown as Record<
  "compile" | "instantiate",
  (...args: unknown[]) => Promise<unknown>
>;

/** The `WebAssembly` global of functions. */
export const realmWebAssembly = Object.create(WebAssembly, {
  compile: { value: awaitable(compile) },
  instantiate: { value: awaitable(instantiate) },
}) as unknown;
