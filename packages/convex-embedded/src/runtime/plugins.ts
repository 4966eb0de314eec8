/** The esbuild plugins that Convex's CLI bundles with (`bundler/{debugBundle,serverOnly,wasm}.ts`), and one for missing files. */
import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { Plugin } from "esbuild";
import { missingGenerated } from "./missingGenerated";

/** Convex's runtime does not have the module `async_hooks`, but has two of its classes as globals. */
const asyncHooks: Plugin = {
  name: "convex-async-hooks-shim",
  setup(build) {
    build.onResolve({ filter: /^(node:)?async_hooks$/ }, ({ path }) => ({
      path,
      namespace: "async-hooks-shim",
    }));
    build.onLoad({ filter: /.*/, namespace: "async-hooks-shim" }, () => ({
      contents:
        "export const AsyncLocalStorage = globalThis.AsyncLocalStorage;\n" +
        "export const AsyncResource = globalThis.AsyncResource;\n" +
        "export default { AsyncLocalStorage, AsyncResource };",
      loader: "js",
    }));
  },
};

/** Makes `import "server-only"`, a marker for Next.js, an empty module. */
const serverOnly: Plugin = {
  name: "convex-server-only",
  setup(build) {
    build.onResolve({ filter: /^server-only$/ }, ({ path }) => ({ path, namespace: "server-only-stub" }));
    build.onLoad({ filter: /.*/, namespace: "server-only-stub" }, () => ({ contents: "", loader: "js" }));
  },
};

/** Makes the `WebAssembly.Module` of a `.wasm` file its default export. */
const wasm: Plugin = {
  name: "convex-wasm",
  setup(build) {
    build.onResolve({ filter: /\.wasm$/ }, ({ path, namespace, resolveDir }) => {
      if (namespace === "wasm-stub") return { path, namespace: "wasm-binary" };
      if (resolveDir === "") return;
      return { path: isAbsolute(path) ? path : join(resolveDir, path), namespace: "wasm-stub" };
    });
    build.onLoad({ filter: /.*/, namespace: "wasm-stub" }, ({ path }) => ({
      contents: `import wasm from ${JSON.stringify(path)};\nexport default new WebAssembly.Module(wasm);`,
    }));
    build.onLoad({ filter: /.*/, namespace: "wasm-binary" }, async ({ path }) => ({
      contents: await readFile(path),
      loader: "binary",
    }));
  },
};

/** The plugins by platform. Node has its own `async_hooks`. */
export const convexPlugins: Readonly<Record<"browser" | "node", readonly Plugin[]>> = {
  browser: [missingGenerated, asyncHooks, serverOnly, wasm],
  node: [missingGenerated, serverOnly, wasm],
};
