/** Checks the fields that indexes refer to against the types of their tables' documents. */
import type { ValidatorJSON } from "convex/values";
import type { SchemaTableJSON } from "./types";

/**
 * Checks that documents can have the fields of an index.
 *
 * @throws Error with Convex's message for the first field that no document can have.
 */
export function checkReferences(
  { tableName, documentType }: SchemaTableJSON,
  name: string,
  fields: readonly string[],
): void {
  const impossible = fields.find(
    (field) => !isSystemField(field) && !canContain(documentType, field.split(".")),
  );
  if (impossible === undefined) return;
  throw new Error(
    `In table "${tableName}" the index "${name}" is invalid because it references the field "${impossible}" that does not ` +
      "exist.",
  );
}

/** @throws Error with Convex's message if no document can have a vector in the field of a vector index. */
export function checkVectorField(
  { tableName, documentType }: SchemaTableJSON,
  name: string,
  field: string,
): void {
  if (canContain(documentType, field.split("."), canBeVector)) return;
  throw new Error(
    `In table "${tableName}" the vector index "${name}" is invalid because it references the field "${field}" that is ` +
      "neither an array of float64 or optional array of float64.",
  );
}

/** Every document has system fields, whether or not its table declares them. */
function isSystemField(path: string): boolean {
  return path.startsWith("_") && !path.includes(".");
}

function canBeVector(validator: ValidatorJSON): boolean {
  if (validator.type === "any") return true;
  if (validator.type === "union") return validator.value.some(canBeVector);
  return validator.type === "array" && ["number", "any"].includes(validator.value.type);
}

/**
 * True if a document of this type can have a field at this path.
 *
 * @param accepts Decides about the type of the field.
 */
function canContain(
  validator: ValidatorJSON | null,
  path: readonly string[],
  accepts: (field: ValidatorJSON) => boolean = () => true,
): boolean {
  const [name, ...rest] = path;
  if (validator === null || validator.type === "any") return true;
  if (name === undefined) return accepts(validator);
  if (validator.type === "union") return validator.value.some((member) => canContain(member, path, accepts));
  if (validator.type !== "object") return false;
  const field = Object.hasOwn(validator.value, name) ? validator.value[name] : undefined;
  return field !== undefined && canContain(field.fieldType, rest, accepts);
}
