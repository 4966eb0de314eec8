/** The document describes everything that it names. */
import { beforeAll, expect, test } from "vitest";
import type { JsonSchema } from "../convex/http/kit/described.kit";
import { productDocument } from "./product";

type Described = { at: string; name: string; description: unknown };
let found: Described[];

const isObject = (value: unknown): value is JsonSchema => typeof value === "object" && value !== null;

/** Returns the named members of one part of the document: properties and headers by key, parameters by `name`, replies by status. */
function membersOf(part: JsonSchema, key: string): [string, JsonSchema][] {
  const value = part[key];
  if (key === "parameters" && Array.isArray(value))
    return (value as JsonSchema[]).map((parameter) => [String(parameter["name"]), parameter]);
  // A schema's `properties` is an object of schemas. A property with the name `properties` is a schema itself.
  if (!isObject(value) || !["properties", "headers", "responses", "parameters"].includes(key)) return [];
  return Object.entries(value).filter((entry): entry is [string, JsonSchema] => isObject(entry[1]));
}

/** Walks the document. Examples are data, not descriptions. A reference needs a description only as a property. */
function walk(part: unknown, at: string): void {
  if (!isObject(part)) return;
  for (const [key, value] of Object.entries(part)) {
    if (["example", "examples", "default", "enum", "const"].includes(key)) continue;
    for (const [name, member] of membersOf(part, key)) {
      if ("$ref" in member && key !== "properties") continue;
      found.push({ at: `${at}/${key}/${name}`, name, description: member["description"] });
    }
    walk(value, `${at}/${key}`);
  }
}

const FILLER = new Set("a an the of this that its it is in for as one has s are".split(" "));
const wordsOf = (text: string) =>
  text
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "" && !FILLER.has(word));

/** Whether a description has a word that the name does not have. */
function saysMore({ name, description }: Described): boolean {
  if (typeof description !== "string") return false;
  const known = wordsOf(name).flatMap((word) => [word, `${word}s`, word.replace(/s$/, "")]);
  return wordsOf(description).some((word) => !known.includes(word));
}

beforeAll(async () => {
  found = [];
  walk(await productDocument(), "#");
});

test.each(["properties", "parameters", "responses", "headers"])(
  "each of the %s has a description that says more than its name",
  (kind) => {
    const members = found.filter(({ at }) => at.includes(`/${kind}/`));
    expect(members.length).toBeGreaterThan(20);
    expect(members.filter((member) => !saysMore(member)).map(({ at }) => at)).toEqual([]);
  },
);

test("a missing description, and one that repeats the name, are found", () => {
  const said = (name: string, description?: string) => saysMore({ at: "", name, description });
  expect([said("createdAt"), said("webhookId", "The webhook's id."), said("status", "Its status")]).toEqual([
    false,
    false,
    false,
  ]);
  expect(said("status", "Whether the money has arrived.")).toBe(true);
});
