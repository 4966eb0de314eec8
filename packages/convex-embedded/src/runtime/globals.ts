/**
 * The global names that a Convex function finds, and where each value comes from.
 *
 * All other names that Node has are parameters of the function that the bundle is evaluated in, and so are `undefined`
 * there. THIS IS NOT A SECURITY BOUNDARY: functions share their intrinsics with the server, so code that wants to leave
 * such a scope can. It exists so that code that would fail on Convex fails here.
 */

interface GlobalGroup {
  /** Separated by spaces. A name that this version of Node lacks is `undefined`. */
  readonly names: string;
  /** `node`: the value is Node's own. Otherwise the file of this package that makes the value. */
  readonly from: string;
}

/** Source: ECMA-262, section 19 ("The Global Object"), and the finished proposals that V8 has. */
const ECMASCRIPT: readonly GlobalGroup[] = [
  { from: "node", names: "Infinity NaN undefined" },
  { from: "node", names: "isFinite isNaN parseFloat parseInt" },
  { from: "node", names: "decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape" },
  { from: "node", names: "Object Array Boolean String Symbol Number BigInt Math RegExp" },
  { from: "node", names: "Error AggregateError EvalError RangeError ReferenceError SuppressedError" },
  { from: "node", names: "SyntaxError TypeError URIError" },
  { from: "node", names: "Map Set WeakMap WeakSet WeakRef FinalizationRegistry" },
  { from: "node", names: "ArrayBuffer SharedArrayBuffer DataView Atomics" },
  {
    from: "node",
    names: "Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array",
  },
  { from: "node", names: "Float16Array Float32Array Float64Array BigInt64Array BigUint64Array" },
  { from: "node", names: "Promise Iterator DisposableStack AsyncDisposableStack Proxy Reflect" },
  { from: "node", names: "JSON Intl Temporal WebAssembly" },
  { from: "runtime/globals.ts", names: "Function eval" },
  { from: "runtime/time.ts", names: "Date" },
];

/** Source: `npm-packages/udf-runtime/src/setup.ts` in get-convex/convex-backend. */
const CONVEX: readonly GlobalGroup[] = [
  { from: "node", names: "AbortController AbortSignal Event EventTarget CustomEvent DOMException" },
  { from: "node", names: "Blob File FormData URL URLSearchParams" },
  { from: "node", names: "ReadableStream ReadableStreamBYOBReader ReadableStreamBYOBRequest" },
  {
    from: "node",
    names: "ReadableStreamDefaultController ReadableStreamDefaultReader ReadableByteStreamController",
  },
  { from: "node", names: "TransformStream TransformStreamDefaultController" },
  { from: "node", names: "WritableStream WritableStreamDefaultController WritableStreamDefaultWriter" },
  { from: "node", names: "ByteLengthQueuingStrategy CountQueuingStrategy" },
  { from: "node", names: "TextDecoder TextEncoder atob btoa structuredClone" },
  { from: "node", names: "Crypto CryptoKey SubtleCrypto" },
  { from: "runtime/crypto.ts", names: "crypto" },
  { from: "runtime/time.ts", names: "performance" },
  { from: "runtime/actionGlobals.ts", names: "fetch setTimeout setInterval clearTimeout clearInterval" },
  { from: "runtime/console.ts", names: "console" },
  { from: "runtime/realm.ts", names: "process AsyncLocalStorage AsyncResource" },
  { from: "syscalls/convexGlobal.ts", names: "Convex" },
  { from: "web/webClasses.ts", names: "Request Response Headers" },
];

// Names that cannot be parameters.
const RESERVED = new Set(["undefined", "Infinity", "NaN"]);
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** The names of the tables above. @param from see `GlobalGroup`; `runtime` for all that are not Node's. */
export function globalNames(from: "node" | "runtime"): readonly string[] {
  const groups = [...ECMASCRIPT, ...CONVEX].filter((group) => (group.from === "node") === (from === "node"));
  return groups.flatMap(({ names }) => names.split(" "));
}

/**
 * The parameters of the function that a bundle is evaluated in: the value of each visible name, `undefined` for the rest.
 *
 * @param own the values that this package makes. It may have more names than the tables.
 * @throws Error if it lacks one.
 */
export function scriptScope(own: Readonly<Record<string, unknown>>): Map<string, unknown> {
  const node = globalThis as unknown as Record<string, unknown>;
  const visible: Record<string, unknown> = {};
  for (const name of globalNames("node")) if (name in node) visible[name] = node[name];
  for (const name of globalNames("runtime"))
    if (!(name in own)) throw new Error(`The global ${name} is not made`);
  Object.assign(visible, own);

  // `globalThis.process` must not lead out either.
  visible["globalThis"] = visible;
  visible["self"] = visible;

  const scope = new Map<string, unknown>();
  for (const name of [...Object.getOwnPropertyNames(globalThis), "require", "module", "exports"]) {
    if (IDENTIFIER.test(name) && !RESERVED.has(name)) scope.set(name, undefined);
  }
  for (const [name, value] of Object.entries(visible)) if (!RESERVED.has(name)) scope.set(name, value);
  return scope;
}

/** `Function` and `eval` that refuse to make code of strings, as on Convex. Libraries such as zod look for that. */
export function withoutCodeGeneration(): { Function: FunctionConstructor; eval: () => never } {
  const refuse = (): never => {
    throw new EvalError("Code generation from strings disallowed for this context");
  };
  return { Function: new Proxy(Function, { apply: refuse, construct: refuse }), eval: refuse };
}
