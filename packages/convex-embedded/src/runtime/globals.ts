/**
 * The globals of a Convex function, and the source of each value.
 *
 * The bundle is evaluated in a function that has all other globals of Node as parameters, so they are `undefined` there. THIS IS
 * NOT A SECURITY BOUNDARY: functions share their intrinsics with the server, so code can escape this scope if it tries. The
 * scope exists so that code that would fail on Convex fails here too.
 */

interface GlobalGroup {
  /** Separated by spaces. A name that this version of Node does not have is `undefined`. */
  readonly names: string;
  /** `node` if the value is Node's own, else the file of this package that creates the value. */
  readonly from: string;
}

/** Source: ECMA-262, section 19 ("The Global Object"), and the finished proposals that V8 implements. */
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
  { from: "node", names: "JSON Intl Temporal" },
  { from: "runtime/globals.ts", names: "Function eval" },
  { from: "runtime/time.ts", names: "Date" },
  { from: "runtime/webAssembly.ts", names: "WebAssembly" },
];

/** Source: `npm-packages/udf-runtime/src/setup.ts` in get-convex/convex-backend. */
const CONVEX: readonly GlobalGroup[] = [
  { from: "node", names: "AbortController AbortSignal Event DOMException" },
  { from: "web/eventTarget.ts", names: "EventTarget" },
  { from: "node", names: "Blob File FormData URL URLSearchParams" },
  { from: "node", names: "ReadableStream ReadableStreamBYOBReader ReadableStreamDefaultReader" },
  { from: "node", names: "TransformStream WritableStream WritableStreamDefaultWriter" },
  { from: "node", names: "TextEncoder TextEncoderStream atob btoa structuredClone" },
  { from: "web/textEncoding.ts", names: "TextDecoder TextDecoderStream" },
  { from: "node", names: "Crypto CryptoKey SubtleCrypto" },
  { from: "runtime/crypto.ts", names: "crypto" },
  {
    from: "runtime/performance.ts",
    names: "performance Performance PerformanceEntry PerformanceMark PerformanceMeasure",
  },
  { from: "runtime/actionGlobals.ts", names: "fetch setTimeout setInterval clearTimeout clearInterval" },
  { from: "runtime/console.ts", names: "console" },
  { from: "runtime/realm.ts", names: "process AsyncLocalStorage AsyncResource" },
  { from: "syscalls/convexGlobal.ts", names: "Convex" },
  { from: "web/webClasses.ts", names: "Request Response Headers" },
];

// Names that cannot be parameters.
const RESERVED = new Set(["undefined", "Infinity", "NaN"]);
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** Returns the names in the tables above. @param from `node` for values of Node, `runtime` for values of this package. */
export function globalNames(from: "node" | "runtime"): readonly string[] {
  const groups = [...ECMASCRIPT, ...CONVEX].filter((group) => (group.from === "node") === (from === "node"));
  return groups.flatMap(({ names }) => names.split(" "));
}

/**
 * Returns the parameters of the function that a bundle is evaluated in: values of visible names, `undefined` for others.
 *
 * @param own The values that this package creates. May contain names that are not in the tables.
 * @throws Error if a name of the tables is missing.
 */
export function scriptScope(own: Readonly<Record<string, unknown>>): Map<string, unknown> {
  const node = globalThis as unknown as Record<string, unknown>;
  const visible: Record<string, unknown> = {};
  for (const name of globalNames("node")) if (name in node) visible[name] = node[name];
  for (const name of globalNames("runtime"))
    if (!(name in own)) throw new Error(`The value of the global ${name} is missing`);
  Object.assign(visible, own);

  // `globalThis.process` must not be Node's either.
  visible["globalThis"] = visible;
  visible["self"] = visible;

  const scope = new Map<string, unknown>();
  for (const name of [...Object.getOwnPropertyNames(globalThis), "require", "module", "exports"]) {
    if (IDENTIFIER.test(name) && !RESERVED.has(name)) scope.set(name, undefined);
  }
  for (const [name, value] of Object.entries(visible)) if (!RESERVED.has(name)) scope.set(name, value);
  return scope;
}

/** Returns a `Function` and an `eval` that refuse to compile strings, as on Convex. Libraries such as zod detect that. */
export function withoutCodeGeneration(): { Function: FunctionConstructor; eval: () => never } {
  const refuse = (): never => {
    throw new EvalError("Code generation from strings disallowed for this context");
  };
  return { Function: new Proxy(Function, { apply: refuse, construct: refuse }), eval: refuse };
}
