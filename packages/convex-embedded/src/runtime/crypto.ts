/**
 * The `crypto` of a realm: Node's, except for digests and HMACs of short data, and for what Convex's does not support
 * (`crates/isolate/src/ops/subtle_crypto/` of get-convex/convex-backend).
 *
 * Node computes each digest in its thread pool, which takes a hundred times as long as hashing a key or a request's body. This
 * file computes short ones on the calling thread, as Convex does.
 */
import { createHmac, hash as digestOf, KeyObject, timingSafeEqual, webcrypto } from "node:crypto";
import { awaitable } from "../exec/awaitable";
import { notImplemented } from "./notImplemented";

type Subtle = webcrypto.SubtleCrypto;
type Data = Parameters<Subtle["digest"]>[1];

/** Beyond this size the thread pool is worth its cost: SHA-256 takes about 0.3 ms. */
const SHORT_BYTES = 64 * 1024;
const TAG_BITS = 128;
const IV_BITS = 96;

const HASHES: Readonly<Record<string, string>> = {
  "SHA-1": "sha1",
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
};

const prototype = Object.getPrototypeOf(webcrypto.subtle) as object;
/** Node's methods. They compute in the thread pool. */
const subtle = bound(webcrypto.subtle, prototype);

type Own = "digest" | "sign" | "verify" | "encrypt" | "decrypt" | "wrapKey" | "unwrapKey";

const own: Pick<Subtle, Own> = {
  wrapKey: () => refusal("wrapKey"),
  unwrapKey: () => refusal("unwrapKey"),
  encrypt: async (algorithm, key, data) => {
    checkGcm(algorithm);
    return subtle.encrypt(algorithm, key, data);
  },
  decrypt: async (algorithm, key, data) => {
    checkGcm(algorithm);
    return subtle.decrypt(algorithm, key, data);
  },
  digest: async (algorithm, data) => {
    const hash = hashOf(algorithm);
    if (hash === undefined || !isShort(data)) return subtle.digest(algorithm, data);
    return toArrayBuffer(digestOf(hash, bytesOf(data), "buffer"));
  },
  sign: async (algorithm, key, data) => hmac(key, "sign", data) ?? subtle.sign(algorithm, key, data),
  verify: async (algorithm, key, signature, data) => {
    const expected = hmac(key, "verify", data);
    if (expected === null) return subtle.verify(algorithm, key, signature, data);
    const given = bytesOf(signature);
    return given.length === expected.byteLength && timingSafeEqual(given, new Uint8Array(expected));
  },
};

/** The `crypto` global of functions. */
export const realmCrypto = Object.create(Object.getPrototypeOf(webcrypto) as object, {
  subtle: {
    value: Object.assign(Object.create(prototype) as object, subtle, own),
    enumerable: true,
  },
  getRandomValues: { value: webcrypto.getRandomValues.bind(webcrypto), enumerable: true },
  randomUUID: { value: webcrypto.randomUUID.bind(webcrypto), enumerable: true },
}) as webcrypto.Crypto;

/** Returns an object of the same class with the methods of `target`. */
function bound(target: Subtle, prototype: object): Subtle {
  const object = Object.create(prototype) as Record<string, unknown>;
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const method: unknown = name === "constructor" ? null : Reflect.get(target, name);
    if (typeof method === "function") {
      const work = method.bind(target) as (...args: unknown[]) => Promise<unknown>;
      object[name] = awaitable(work);
    }
  }
  return object as unknown as Subtle;
}

/** Returns the HMAC of short data, `null` if the key has another algorithm or does not allow this usage. */
function hmac(key: webcrypto.CryptoKey, usage: "sign" | "verify", data: Data): ArrayBuffer | null {
  if (key.algorithm.name !== "HMAC" || !key.usages.includes(usage) || !isShort(data)) return null;
  const hash = hashOf((key.algorithm as webcrypto.HmacKeyAlgorithm).hash);
  if (hash === undefined) return null;
  return toArrayBuffer(createHmac(hash, KeyObject.from(key)).update(bytesOf(data)).digest());
}

/** Rejects, and fails the running function. */
function refusal(method: string): Promise<never> {
  return Promise.resolve().then(() => notImplemented(method, "SubtleCrypto"));
}

/** Checks the parameters of AES-GCM. Convex supports one length of tags and one of initialization vectors. */
function checkGcm(algorithm: Parameters<Subtle["encrypt"]>[0]): void {
  if (typeof algorithm === "string" || algorithm.name.toUpperCase() !== "AES-GCM") return;
  const { tagLength, iv } = { tagLength: undefined, iv: undefined, ...algorithm };
  if (tagLength !== undefined && tagLength !== TAG_BITS) {
    throw new DOMException(`tag length must be ${TAG_BITS} bits`, "NotSupportedError");
  }
  if ((iv instanceof ArrayBuffer || ArrayBuffer.isView(iv)) && iv.byteLength * 8 !== IV_BITS) {
    throw new DOMException(`AES-GCM IV must be ${IV_BITS} bits`, "NotSupportedError");
  }
}

function hashOf(algorithm: webcrypto.AlgorithmIdentifier): string | undefined {
  const name = typeof algorithm === "string" ? algorithm : algorithm.name;
  return HASHES[name.toUpperCase()];
}

/** False also for values that are not bytes: Node's implementation then reports the error. */
function isShort(data: Data): boolean {
  return (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) && data.byteLength <= SHORT_BYTES;
}

function bytesOf(data: Data): Uint8Array {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Uint8Array(data);
}

function toArrayBuffer(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
