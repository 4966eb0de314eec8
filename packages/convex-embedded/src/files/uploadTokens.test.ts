import { expect, test } from "vitest";
import { UploadTokens } from "./uploadTokens";

const NOW = 1_700_000_000_000;
const HOUR = 60 * 60 * 1000;
const tokens = new UploadTokens(Buffer.alloc(32, 1));

test("a token is valid for an hour and for any number of uploads", () => {
  const token = tokens.issue("counter", NOW);
  for (const now of [NOW, NOW, NOW + HOUR - 1000]) {
    expect(tokens.check(token, now)).toEqual({ state: "valid", component: "counter" });
  }
  expect(tokens.check(token, NOW + HOUR)).toEqual({ state: "expired" });
});

test("other text is not a valid token", () => {
  const token = tokens.issue("", NOW);
  const [claims = "", signature = ""] = token.split(".");
  const later = Buffer.from(JSON.stringify([NOW / 1000 + 10, ""])).toString("base64url");
  const others = ["", ".", claims, `${claims}.`, `.${signature}`, `${token}.`, `${token}.x`, `${token}A`];
  others.push(`${later}.${signature}`, new UploadTokens(Buffer.alloc(32, 2)).issue("", NOW));
  others.push(`${claims}x.${signature}`, `${claims}.${signature.slice(0, -2)}`, token.toUpperCase());
  for (const other of others) expect([other, tokens.check(other, NOW).state]).toEqual([other, "invalid"]);
});
