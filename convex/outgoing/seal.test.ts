import { afterEach, expect, test, vi } from "vitest";
import { failureOf } from "../lib/failure.lib";
import { isCurrent, newSecret, seal, unseal } from "./seal.lib";

const [OLD, NEW] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString("base64"));
const setKeys = (...keys: (string | undefined)[]) => vi.stubEnv("SECRETS_KEY", keys.join(","));

afterEach(() => vi.unstubAllEnvs());

test("without a key, a secret is stored in plain text", async () => {
  expect(await seal("whsec_a")).toBe("clear:whsec_a");
  expect(await unseal("clear:whsec_a")).toBe("whsec_a");
});

test("with a key, a secret is encrypted differently each time, and only that key decrypts it", async () => {
  setKeys(NEW);
  const secret = newSecret();
  const [first, second] = [await seal(secret), await seal(secret)];
  expect(first).not.toBe(second);
  expect(Buffer.from(first.slice(7), "base64").toString("latin1")).not.toContain(secret.slice(6, 20));
  expect([await unseal(first), await unseal(second)]).toEqual([secret, secret]);
  setKeys(OLD);
  await expect(unseal(first)).rejects.toThrow("No key of SECRETS_KEY decrypts the signing secret");
  setKeys();
  await expect(unseal(first)).rejects.toThrow("No key of SECRETS_KEY");
});

test("a changed ciphertext is not decrypted", async () => {
  setKeys(NEW);
  const bytes = Buffer.from((await seal("whsec_a")).slice(7), "base64");
  bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
  await expect(unseal(`sealed:${bytes.toString("base64")}`)).rejects.toThrow();
});

test("of several keys, the first one encrypts and all decrypt", async () => {
  setKeys(OLD);
  const before = await seal("whsec_a");
  setKeys(NEW, OLD);
  expect(await unseal(before)).toBe("whsec_a");
  expect(await isCurrent(before)).toBe(false);
  const after = await seal("whsec_a");
  expect(await isCurrent(after)).toBe(true);
  setKeys(NEW);
  expect(await unseal(after)).toBe("whsec_a");
});

test("a secret in plain text is current only without a key", async () => {
  expect(await isCurrent("clear:whsec_a")).toBe(true);
  setKeys(NEW);
  expect(await isCurrent("clear:whsec_a")).toBe(false);
});

test.each(["short", Buffer.alloc(31).toString("base64"), Buffer.alloc(33).toString("base64"), "ä"])(
  "the malformed key %j is refused",
  async (key) => {
    setKeys(key);
    const refusal = await seal("whsec_a").then(
      () => undefined,
      (error: unknown) => failureOf(error),
    );
    expect(refusal).toMatchObject({ code: "not_configured" });
  },
);
