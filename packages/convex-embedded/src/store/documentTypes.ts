/** The validators of tables, by Convex's rules. */
import type { ValidatorJSON } from "convex/values";
import { describeValidator } from "../values/describe";
import { validatorProblem } from "../values/validatorRules";

type ObjectJSON = Extract<ValidatorJSON, { type: "object" }>;

/**
 * Returns the validator that applies to a table's documents. A table may declare `_id`, `_creationTime` and other fields that begin
 * with `_`: as on Convex, they are ignored.
 *
 * @throws Error with Convex's message if the validator does not describe documents, or breaks a rule for validators.
 */
export function documentTypeOf(declared: ValidatorJSON | null): ValidatorJSON | null {
  if (declared === null || declared.type === "any") return declared;
  const problem = validatorProblem(declared);
  if (problem !== null) throw new Error(problem);
  if (declared.type === "object") return withoutSystemFields(declared);
  if (declared.type !== "union") throw notADocument(declared);
  const value = declared.value.map((member) => {
    if (member.type !== "object") throw notADocument(member);
    return withoutSystemFields(member);
  });
  return { type: "union", value };
}

function withoutSystemFields(validator: ObjectJSON): ObjectJSON {
  const fields = Object.entries(validator.value);
  const own = fields.filter(([name]) => !name.startsWith("_"));
  return own.length === fields.length ? validator : { type: "object", value: Object.fromEntries(own) };
}

function notADocument(validator: ValidatorJSON): Error {
  return new Error(
    "The document validator in a schema must be an object, a union of objects, or `v.any()`. Found " +
      `${describeValidator(validator)}. To learn more, see the schema documentation at ` +
      "https://docs.convex.dev/database/schemas.",
  );
}
