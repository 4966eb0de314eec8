import { describe, expect, test } from "vitest";
import { foldEmail, isEmail } from "./email.lib";

describe("emails are compared with ASCII letters folded", () => {
  test("and with all of them", () => {
    expect(foldEmail("ABCDEFGHIJKLMNOPQRSTUVWXYZ@EXAMPLE.COM")).toBe(
      "abcdefghijklmnopqrstuvwxyz@example.com",
    );
  });

  test("and with nothing else, whatever JavaScript folds", () => {
    // Kelvin, Ångström, İ, final sigma, and all other letters that `toLowerCase` changes.
    for (let code = 0x80; code <= 0x10ffff; code++) {
      const letter = String.fromCodePoint(code);
      if (foldEmail(letter) !== letter) expect(letter).toBe("unchanged");
    }
  });
});

test.each(["\u212aate@example.com", "kate@e\u0131ample.com", "\u017fam@example.com", "kate@\u212a.example"])(
  "%s is no email address",
  (email) => {
    expect(isEmail(email)).toBe(false);
  },
);
