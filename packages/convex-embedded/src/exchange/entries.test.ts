import type { Entry } from "yauzl";
import { expect, test } from "vitest";
import { prefixOf, sortEntries } from "./entries";

const sort = (...names: string[]) => sortEntries(names.map((fileName) => ({ fileName }) as Entry));

/** Returns the names of the recognized entries, by kind. */
function found(...names: string[]): Record<string, unknown>[] {
  return sort(...names).components.map(({ component, numbers, tables, storage }) => ({
    component,
    numbers: numbers?.fileName,
    tables: Object.fromEntries(
      [...tables].map(([name, table]) => [
        name,
        [table.documents?.fileName, table.generatedSchema?.fileName],
      ]),
    ),
    storage: storage.documents?.fileName,
    files: Object.fromEntries([...storage.files].map(([id, { fileName }]) => [id, fileName])),
  }));
}

test("entries are recognized by their names: tables, files, components", () => {
  const names = [
    "_tables/documents.jsonl",
    "items/generated_schema.jsonl",
    "items/documents.jsonl",
    "_storage/documents.jsonl",
    "_storage/kg26.tar.gz",
    "_storage/kg27",
    "_components/a/_components/b_2/notes/documents.jsonl",
    "_components/a/_components/b_2/_storage/kg28.png",
  ];
  // At the top, and below an additional folder.
  for (const around of ["", "snapshot_1/", "a/_tables/"]) {
    const [app, component, ...more] = found(...names.map((name) => around + name));
    expect(app).toEqual({
      component: "",
      numbers: `${around}_tables/documents.jsonl`,
      tables: { items: [`${around}items/documents.jsonl`, `${around}items/generated_schema.jsonl`] },
      storage: `${around}_storage/documents.jsonl`,
      files: { kg26: `${around}_storage/kg26.tar.gz`, kg27: `${around}_storage/kg27` },
    });
    expect(component).toMatchObject({
      component: "a/b_2",
      tables: { notes: [expect.stringContaining("notes/documents.jsonl"), undefined] },
      files: { kg28: expect.stringContaining("kg28.png") as string },
    });
    expect(more).toEqual([]);
  }
  expect(prefixOf("a/b_2")).toBe("_components/a/_components/b_2/");
});

test("entries that are not part of a snapshot are reported, and entries that Convex ignores are ignored", () => {
  const { components, ignored } = sort(
    ...["README.md", "items/", "items/documents.jsonl", "_scheduled_jobs/documents.jsonl", "photo.jpg"],
  );
  expect(components.map(({ tables }) => [...tables.keys()])).toEqual([["items"]]);
  expect(ignored).toEqual(["_scheduled_jobs/documents.jsonl", "photo.jpg"]);
});

test.each([
  [[], "it holds no documents in the format of `npx convex export`"],
  [["README.md", "photo.jpg"], "it holds no documents"],
  [["a/items/documents.jsonl", "items/documents.jsonl"], "and another entry for the same item"],
  [["_tables/documents.jsonl", "x/_tables/documents.jsonl"], "and another entry for the same item"],
  [["_storage/kg26", "_storage/kg26.png"], "and another entry for the same item"],
  [["1st/documents.jsonl"], "which is not a valid table name"],
  [["_components/a.b/items/documents.jsonl"], "which is not a valid component name"],
])("%j is refused", (names, problem) => {
  expect(() => sort(...names)).toThrow(problem);
});
