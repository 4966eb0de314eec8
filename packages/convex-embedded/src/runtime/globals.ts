/**
 * Which names a Convex function finds in its global scope.
 *
 * All others that Node has are shadowed by a parameter of the function that the bundle is evaluated in, and so are
 * `undefined` there. THIS IS NO SECURITY BOUNDARY: functions share their intrinsics with the server, and who wants to
 * get out of such a scope does. It exists so that what would fail on Convex fails here.
 *
 * Source: `npm-packages/udf-runtime/src/setup.ts` in get-convex/convex-backend, and the globals of ECMAScript.
 */

const ECMASCRIPT = [
  ..."Object Function Array Number parseFloat parseInt Infinity NaN undefined Boolean String Symbol Date".split(
    " ",
  ),
  ..."Promise RegExp Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError".split(
    " ",
  ),
  ..."URIError SuppressedError JSON Math Intl Temporal ArrayBuffer SharedArrayBuffer Atomics DataView".split(
    " ",
  ),
  ..."Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array Float16Array Float32Array".split(
    " ",
  ),
  ..."Float64Array Uint8ClampedArray BigUint64Array BigInt64Array Map BigInt Set WeakMap WeakSet WeakRef".split(
    " ",
  ),
  ..."FinalizationRegistry Iterator DisposableStack AsyncDisposableStack Proxy Reflect decodeURI".split(" "),
  ..."decodeURIComponent encodeURI encodeURIComponent escape unescape isFinite isNaN WebAssembly".split(" "),
];

const WEB = [
  ..."AbortController AbortSignal Blob File FormData Headers Request Response URL URLSearchParams".split(" "),
  ..."ReadableStream ReadableStreamBYOBReader ReadableStreamBYOBRequest ReadableByteStreamController".split(
    " ",
  ),
  ..."ReadableStreamDefaultController ReadableStreamDefaultReader TransformStream".split(" "),
  ..."TransformStreamDefaultController WritableStream WritableStreamDefaultController".split(" "),
  ..."WritableStreamDefaultWriter ByteLengthQueuingStrategy CountQueuingStrategy TextDecoder TextEncoder".split(
    " ",
  ),
  ..."Crypto CryptoKey SubtleCrypto crypto CustomEvent DOMException Event EventTarget atob btoa".split(" "),
  ..."structuredClone".split(" "),
];

// Names that cannot be parameters, or that the bundle's wrapper provides in another way.
const RESERVED = new Set(["undefined", "Infinity", "NaN"]);
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/**
 * The parameters of the function that a bundle is evaluated in: what it may see by its name, `undefined` for the rest.
 *
 * @param own what the runtime provides itself, such as `console` or a frozen `Date`; it wins over Node's.
 */
export function scriptScope(own: Readonly<Record<string, unknown>>): Map<string, unknown> {
  const node = globalThis as unknown as Record<string, unknown>;
  const visible: Record<string, unknown> = {};
  for (const name of [...ECMASCRIPT, ...WEB]) if (name in node) visible[name] = node[name];
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

/** `Function` and `eval` as where code must not be made of strings, which libraries such as zod look for. */
export function withoutCodeGeneration(): { Function: FunctionConstructor; eval: () => never } {
  const refuse = (): never => {
    throw new EvalError("Code generation from strings disallowed for this context");
  };
  return { Function: new Proxy(Function, { apply: refuse, construct: refuse }), eval: refuse };
}
