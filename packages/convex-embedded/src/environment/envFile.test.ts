import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { editEnvFile, readEnvFile } from "./envFile";
import { temporaryDirectory } from "../../fixtures/serve";

function fileWith(text: string): string {
  const file = join(temporaryDirectory(), ".env.local");
  writeFileSync(file, text);
  return file;
}

test("existing variables are set in place, new ones are added at the end, and other lines stay the same", () => {
  const file = fileWith("# mine\nA=1 # one\n\nexport B = 'two\nlines'\nC=3\nA=4");
  const changes = { A: "changed", B: "b", C: null, D: "new" };
  editEnvFile(file, new Map(Object.entries(changes)), "added");
  expect(readFileSync(file, "utf8")).toBe("# mine\nA=changed\n\nB=b\n# added\nD=new\n");
});

test("a broken line does not affect the lines around it", () => {
  const file = fileWith("A=1\nthis is nonsense\nB=2\nC='open\nD=4\n");
  expect(Object.fromEntries(readEnvFile(file))).toEqual({ A: "1", B: "2", D: "4" });
});

test("a missing file has no variables, and a new file is readable only by its owner", () => {
  const file = join(temporaryDirectory(), ".env.local");
  expect(readEnvFile(file).size).toBe(0);
  editEnvFile(file, new Map([["A", null]]));
  expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
  editEnvFile(file, new Map([["A", "1"]]));
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("a file keeps its mode, and a symbolic link keeps its target", () => {
  const file = fileWith("A=1\n");
  chmodSync(file, 0o640);
  const link = join(temporaryDirectory(), "link");
  symlinkSync(file, link);
  editEnvFile(link, new Map([["A", "2"]]));
  expect(readFileSync(file, "utf8")).toBe("A=2\n");
  expect(statSync(file).mode & 0o777).toBe(0o640);
});

test("a value is read back unchanged or refused", () => {
  const file = fileWith("A=before\nB=kept\n");
  const value = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(...Array.from(" '\"`\\n\n\r#$=\\{}a")) }),
  );
  fc.assert(
    fc.property(value, (text) => {
      const before = readFileSync(file, "utf8");
      try {
        editEnvFile(file, new Map([["A", text]]));
      } catch {
        expect(readFileSync(file, "utf8")).toBe(before);
        return;
      }
      expect(Object.fromEntries(readEnvFile(file))).toEqual({ A: text, B: "kept" });
    }),
    { numRuns: 300 },
  );
});

test("a value with all kinds of quotes and a file with unsupported quoting are refused", () => {
  const file = fileWith("A='never closed\nB=1\n");
  expect(() => editEnvFile(file, new Map([["C", `'"\``]]))).toThrow("cannot hold the value of C");
  expect(() => editEnvFile(file, new Map([["B", "it's"]]))).toThrow("Edit the file by hand.");
  expect(readFileSync(file, "utf8")).toBe("A='never closed\nB=1\n");
});

test("errors name a file that cannot be read or written", () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "file"));
  expect(() => readEnvFile(join(directory, "file"))).toThrow(
    `Cannot read the environment file ${directory}/file`,
  );
  const nowhere = join(directory, "missing", "file");
  expect(() => editEnvFile(nowhere, new Map([["A", "1"]]))).toThrow(
    `Cannot write the environment file ${nowhere}`,
  );
});
