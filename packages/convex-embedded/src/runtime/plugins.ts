/** The esbuild plugins that Convex's CLI bundles with (`bundler/{debugBundle,serverOnly,wasm}.ts`). */
import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { Plugin } from "esbuild";

/** `async_hooks` is not in Convex's runtime, but two of its classes are, as globals. */
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

/** `import "server-only"` marks files for Next.js and has no content. */
const serverOnly: Plugin = {
  name: "convex-server-only",
  setup(build) {
    build.onResolve({ filter: /^server-only$/ }, ({ path }) => ({ path, namespace: "server-only-stub" }));
    build.onLoad({ filter: /.*/, namespace: "server-only-stub" }, () => ({ contents: "", loader: "js" }));
  },
};

/** A `.wasm` file's default export is its `WebAssembly.Module`. */
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

export const convexPlugins: readonly Plugin[] = [asyncHooks, serverOnly, wasm];
