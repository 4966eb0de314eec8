/**
 * Convex's rules for validators themselves. A deploy checks them, whatever values they validate later.
 *
 * Source: `crates/common/src/schemas/json.rs` and `crates/convex/sync_types/src/identifier.rs` of get-convex/convex-backend.
 */
import { jsonToConvex } from "convex/values";
import type { ValidatorJSON } from "convex/values";
import { describeValidator, describeValue } from "./describe";

type Validator<Type extends ValidatorJSON["type"]> = Extract<ValidatorJSON, { type: Type }>;

const MAX_IDENTIFIER = 64;
const LITERALS = ["string", "number", "boolean", "bigint"];

/** Checks a validator and all validators in it. Returns Convex's message, or `null` if a deploy accepts it. */
export function validatorProblem(validator: ValidatorJSON): string | null {
  switch (validator.type) {
    case "id":
      return identifierProblem(validator.tableName);
    case "literal": {
      const value = jsonToConvex(validator.value);
      return LITERALS.includes(typeof value) ? null : `Value ${describeValue(value)} is not a valid literal.`;
    }
    case "array":
      return validatorProblem(validator.value);
    case "record":
      return recordProblem(validator);
    case "object":
      return objectProblem(validator);
    case "union":
      return firstProblem(validator.value, validatorProblem);
    default:
      return null;
  }
}

/** Checks the name of a field in a validator, or of a table. Returns Convex's message, or `null` for an identifier. */
export function identifierProblem(name: string): string | null {
  const [first, ...rest] = name;
  if (first === undefined) return "Identifier cannot be empty";
  if (!/[a-zA-Z_]/.test(first)) {
    return `Invalid first character '${first}' in ${name}: Identifiers must start with an alphabetic character or underscore`;
  }
  const odd = rest.find((character) => !/[a-zA-Z0-9_]/.test(character));
  if (odd !== undefined) {
    return (
      `Identifier ${name} has invalid character '${odd}': Identifiers can only contain alphanumeric characters or ` +
      "underscores"
    );
  }
  if (name.length > MAX_IDENTIFIER)
    return `Identifier is too long (${name.length} > maximum ${MAX_IDENTIFIER})`;
  return /^_+$/.test(name) ? `Identifier ${name} cannot have exclusively underscores` : null;
}

function objectProblem({ value }: Validator<"object">): string | null {
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return firstProblem(fields, ([name, { fieldType }]) => {
    const problem = validatorProblem(fieldType);
    return (
      identifierProblem(name) ??
      (problem === null ? null : `Invalid validator for key \`${name}\`: ${problem}`)
    );
  });
}

function recordProblem({ keys, values }: Validator<"record">): string | null {
  const problem = validatorProblem(keys);
  if (problem !== null) return problem;
  if (!acceptsOnlyStrings(keys)) {
    return (
      `Records can only have string keys. Your validator contains a record with key typed as ` +
      `\`${describeValidator(keys)}\`, which is not a subtype of \`v.string()\``
    );
  }
  const ofValues = validatorProblem(values.fieldType);
  if (ofValues !== null) return ofValues;
  if (hasStringLiteral(keys)) return "Records cannot have string literal keys";
  // `v.record` cannot create such a validator, but a function may export one.
  return (values as { readonly optional: boolean }).optional ? "Records cannot have optional values" : null;
}

function acceptsOnlyStrings(validator: ValidatorJSON): boolean {
  if (validator.type === "union") return validator.value.every(acceptsOnlyStrings);
  return validator.type === "string" || validator.type === "id" || hasStringLiteral(validator);
}

function hasStringLiteral(validator: ValidatorJSON): boolean {
  if (validator.type === "union") return validator.value.some(hasStringLiteral);
  return validator.type === "literal" && typeof validator.value === "string";
}

function firstProblem<T>(items: readonly T[], check: (item: T) => string | null): string | null {
  for (const item of items) {
    const problem = check(item);
    if (problem !== null) return problem;
  }
  return null;
}
