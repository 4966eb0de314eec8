import { describe, expect, test } from "vitest";
import { foldEmail, isEmail } from "./email.lib";

describe("foldEmail", () => {
  test("lower-cases all ASCII letters", () => {
    expect(foldEmail("ABCDEFGHIJKLMNOPQRSTUVWXYZ@EXAMPLE.COM")).toBe(
      "abcdefghijklmnopqrstuvwxyz@example.com",
    );
  });

  test("changes no other letter that JavaScript lower-cases", () => {
    // Kelvin, Ångström, İ, final sigma, and all other letters that `toLowerCase` changes.
    for (let code = 0x80; code <= 0x10ffff; code++) {
      const letter = String.fromCodePoint(code);
      if (foldEmail(letter) !== letter) expect(letter).toBe("unchanged");
    }
  });
});

test.each(["\u212aate@example.com", "kate@e\u0131ample.com", "\u017fam@example.com", "kate@\u212a.example"])(
  "%s is not an email address",
  (email) => {
    expect(isEmail(email)).toBe(false);
  },
);
