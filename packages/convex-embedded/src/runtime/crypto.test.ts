import { webcrypto } from "node:crypto";
import { expect, test } from "vitest";
import { realmCrypto } from "./crypto";

const bytes = (length: number) => new Uint8Array(length).map((_, i) => i * 7);
const hex = (buffer: ArrayBuffer) => Buffer.from(buffer).toString("hex");

test.each(["SHA-1", "SHA-256", "sha-384", { name: "SHA-512" }])(
  "the digest %j equals WebCrypto's",
  async (hash) => {
    for (const data of [bytes(0), bytes(100).subarray(3), bytes(100).buffer, bytes(100_000)]) {
      const digest = await realmCrypto.subtle.digest(hash, data);
      expect(digest).toBeInstanceOf(ArrayBuffer);
      expect(hex(digest)).toBe(hex(await webcrypto.subtle.digest(hash, data)));
    }
  },
);

test("HMACs equal WebCrypto's, for sign and verify", async () => {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await realmCrypto.subtle.importKey("raw", bytes(32), algorithm, false, ["sign", "verify"]);
  for (const data of [bytes(50), bytes(100_000)]) {
    const signature = await realmCrypto.subtle.sign("HMAC", key, data);
    expect(hex(signature)).toBe(hex(await webcrypto.subtle.sign("HMAC", key, data)));
    expect(await realmCrypto.subtle.verify("HMAC", key, signature, data)).toBe(true);
    expect(await realmCrypto.subtle.verify("HMAC", key, signature.slice(1), data)).toBe(false);
    expect(await realmCrypto.subtle.verify("HMAC", key, bytes(32), data)).toBe(false);
  }
});

test("arguments that WebCrypto refuses are refused", async () => {
  await expect(realmCrypto.subtle.digest("MD5", bytes(1))).rejects.toThrow();
  await expect(realmCrypto.subtle.digest("SHA-256", "text" as never)).rejects.toThrow();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const verifyOnly = await realmCrypto.subtle.importKey("raw", bytes(32), algorithm, false, ["verify"]);
  await expect(realmCrypto.subtle.sign("HMAC", verifyOnly, bytes(1))).rejects.toThrow();
});

test("other methods are Node's", async () => {
  expect(realmCrypto.randomUUID()).toMatch(/^[0-9a-f-]{36}$/);
  expect(realmCrypto.getRandomValues(new Uint8Array(8))).toHaveLength(8);
  const pair = await realmCrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, [
    "sign",
    "verify",
  ]);
  const signed = { name: "ECDSA", hash: "SHA-256" };
  const signature = await realmCrypto.subtle.sign(signed, pair.privateKey, bytes(9));
  expect(await realmCrypto.subtle.verify(signed, pair.publicKey, signature, bytes(9))).toBe(true);
  expect(typeof (realmCrypto.subtle as { timingSafeEqual?: unknown }).timingSafeEqual).toBe("undefined");
});

test("AES-GCM has tags of 128 bits and initialization vectors of 96 bits only, as on Convex", async () => {
  const { subtle } = realmCrypto;
  const key = await subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["encrypt", "decrypt"]);
  const algorithm = { name: "AES-GCM", iv: bytes(12) };
  const sealed = await subtle.encrypt({ ...algorithm, tagLength: 128 }, key, bytes(8));
  expect(hex(await subtle.decrypt(algorithm, key, sealed))).toBe(hex(bytes(8).buffer));
  const short = { ...algorithm, tagLength: 96 };
  const refusal = { name: "NotSupportedError", message: "tag length must be 128 bits" };
  await expect(subtle.encrypt(short, key, bytes(8))).rejects.toMatchObject(refusal);
  await expect(subtle.decrypt(short, key, sealed)).rejects.toMatchObject(refusal);
  for (const length of [0, 11, 13, 16]) {
    const otherIv = { name: "aes-gcm", iv: bytes(length).buffer };
    const message = "AES-GCM IV must be 96 bits";
    await expect(subtle.encrypt(otherIv, key, bytes(8))).rejects.toMatchObject({ ...refusal, message });
    await expect(subtle.decrypt(otherIv, key, sealed)).rejects.toMatchObject({ ...refusal, message });
  }
});

test("keys cannot be wrapped, as on Convex", async () => {
  const { subtle } = realmCrypto;
  const key = await subtle.generateKey({ name: "AES-KW", length: 128 }, true, ["wrapKey", "unwrapKey"]);
  await expect(subtle.wrapKey("raw", key, key, "AES-KW")).rejects.toThrow(
    "Not implemented: wrapKey for SubtleCrypto. Consider calling an action defined in Node.js instead",
  );
  await expect(
    subtle.unwrapKey("raw", bytes(24), key, "AES-KW", { name: "AES-GCM" }, true, ["encrypt"]),
  ).rejects.toThrow("Not implemented: unwrapKey for SubtleCrypto.");
});
