/**
 * The `Headers` class of functions. It extends Node's class and stores headers in a plain record, the form that a socket needs.
 *
 * Node's class validates, converts and sorts on every call. A response of the API sets about fifteen headers, which took a tenth of
 * a request's time. Node's class still handles unusual sources and reports invalid names and values.
 */
import { inspect } from "node:util";
import type { InspectOptions } from "node:util";

const NativeHeaders = globalThis.Headers;

/** Headers by lower-case name. Several cookies are a list, as in `node:http`. */
export type HeaderRecord = Record<string, string | string[]>;

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const COOKIE = "set-cookie";

export class LightHeaders extends NativeHeaders {
  readonly #record = Object.create(null) as HeaderRecord;

  constructor(init?: HeadersInit) {
    super();
    if (init === undefined) return;
    if (init instanceof NativeHeaders && #record in init) {
      for (const [name, value] of Object.entries(init.#record)) {
        this.#record[name] = typeof value === "string" ? value : [...value];
      }
    } else if (isRecord(init)) {
      for (const name in init) this.append(name, init[name] as string);
    } else {
      for (const [name, value] of new NativeHeaders(init)) this.append(name, value);
    }
  }

  override append(name: string, value: string): void {
    const key = keyOf(name, value);
    const text = valueOf(key, value);
    const held = this.#record[key];
    if (key === COOKIE) this.#record[key] = [...((held as string[] | undefined) ?? []), text];
    else this.#record[key] = held === undefined ? text : `${held as string}, ${text}`;
  }

  override set(name: string, value: string): void {
    const key = keyOf(name, value);
    const text = valueOf(key, value);
    this.#record[key] = key === COOKIE ? [text] : text;
  }

  override delete(name: string): void {
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- an object for the socket, which does not accept a `Map`
    delete this.#record[keyOf(name)];
  }

  override get(name: string): string | null {
    const value = this.#record[keyOf(name)];
    return value === undefined ? null : typeof value === "string" ? value : value.join(", ");
  }

  override has(name: string): boolean {
    return this.#record[keyOf(name)] !== undefined;
  }

  override getSetCookie(): string[] {
    return [...((this.#record[COOKIE] as string[] | undefined) ?? [])];
  }

  override forEach(callback: (value: string, name: string, headers: Headers) => void, that?: unknown): void {
    // Without the list of pairs: the API calls this for each response.
    for (const name of sortedNames(this.#record)) {
      const value = this.#record[name];
      if (typeof value === "string") callback.call(that, value, name, this);
      else for (const one of value ?? []) callback.call(that, one, name, this);
    }
  }

  override entries(): HeadersIterator<[string, string]> {
    return this.#sorted()[Symbol.iterator]();
  }

  override keys(): HeadersIterator<string> {
    return this.#sorted()
      .map(([name]) => name)
      [Symbol.iterator]();
  }

  override values(): HeadersIterator<string> {
    return this.#sorted()
      .map(([, value]) => value)
      [Symbol.iterator]();
  }

  override [Symbol.iterator](): HeadersIterator<[string, string]> {
    return this.entries();
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `Headers ${inspect(Object.fromEntries(this.#sorted()), options)}`;
  }

  // Node's own headers, such as those of a request, are instances too.
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof NativeHeaders;
  }

  /** Returns the record of headers of this class, not a copy. Returns `null` for other headers. */
  static recordOf(headers: Headers): HeaderRecord | null {
    return #record in headers ? headers.#record : null;
  }

  #sorted(): [string, string][] {
    const sorted: [string, string][] = [];
    for (const name of sortedNames(this.#record)) {
      const value = this.#record[name] as string | string[];
      if (typeof value === "string") sorted.push([name, value]);
      else for (const one of value) sorted.push([name, one]);
    }
    return sorted;
  }
}

Object.defineProperty(LightHeaders, "name", { value: "Headers" });

/** A cache of lower-case names: functions use a few names over and over. */
const keys = new Map<string, string>();
const MAX_KEYS = 1024;

/** The names of the record that was sorted last. Most responses of an app have the same names in the same order. */
let lastNames: readonly string[] = [];
let lastSorted: readonly string[] = [];

function sortedNames(record: HeaderRecord): readonly string[] {
  const names = Object.keys(record);
  if (names.length !== lastNames.length || names.some((name, at) => name !== lastNames[at])) {
    lastNames = names;
    lastSorted = [...names].sort();
  }
  return lastSorted;
}

/** Returns the lower-case name. @throws TypeError with Node's message if the name is invalid. */
function keyOf(name: string, value = ""): string {
  const known = keys.get(name);
  if (known !== undefined) return known;
  const text = "".concat(name);
  if (!NAME.test(text)) new NativeHeaders([[name, value]]);
  const key = text.toLowerCase();
  if (keys.size < MAX_KEYS && text === name) keys.set(name, key);
  return key;
}

/** Returns the trimmed value. @throws TypeError with Node's message if the value is invalid. */
function valueOf(name: string, value: unknown): string {
  const text = typeof value === "string" ? value : String(value);
  let [start, end] = [0, text.length];
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (start < end && isBlank(text.charCodeAt(end - 1))) end--;
  const trimmed = text.slice(start, end);
  if (!VALUE.test(trimmed)) new NativeHeaders([[name, trimmed]]);
  return trimmed;
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;

/** True for a plain object whose values are strings. */
function isRecord(init: HeadersInit | null): init is Record<string, string> {
  if (typeof init !== "object" || init === null) return false;
  const prototype: unknown = Object.getPrototypeOf(init);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.values(init).every((value) => typeof value === "string") && !(Symbol.iterator in init);
}
