import { dirname, join, resolve } from "node:path";
import { lintFromString, loadConfig } from "@redocly/openapi-core";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Spectral, type RulesetDefinition } from "@stoplight/spectral-core";
import { oas } from "@stoplight/spectral-rulesets";
import type { JsonSchema } from "../../convex/http/kit/described.kit";
import { isExcepted } from "./exceptions";

/** A finding of a linter in a document. `where` is a JSON Pointer (RFC 6901). */
export type Finding = { linter: string; rule: string; message: string; where: string };

/**
 * Returns the findings of all linters in an OpenAPI document, warnings included. A valid document has none.
 *
 * It works without a network. Linters would fetch external references, so a document with external references is refused first.
 *
 * @param document Is not modified.
 * @param file The path of the document, which need not exist. Exceptions apply to a path.
 */
export async function lint(document: JsonSchema, file: string): Promise<Finding[]> {
  const external = externalRefs(document);
  if (external.length > 0) return external;
  const text = JSON.stringify(document);
  return [...(await schemaFindings(text)), ...(await redocly(text, file)), ...(await spectral(text))];
}

/** Validates the document against the JSON Schema of OpenAPI 3.1. */
async function schemaFindings(text: string): Promise<Finding[]> {
  const { valid, errors } = await new Validator().validate(JSON.parse(text) as JsonSchema);
  if (valid) return [];
  const finding = (message: string, where: string) => ({
    linter: "schema",
    rule: "openapi-3.1",
    message,
    where,
  });
  if (!Array.isArray(errors)) return [finding(errors ?? "is not valid", "")];
  return errors.map(({ message = "is not valid", instancePath }) => finding(message, instancePath));
}

/** Runs Redocly with the configuration in `redocly.yaml` and `.redocly.lint-ignore.yaml`. */
async function redocly(text: string, file: string): Promise<Finding[]> {
  const path = resolve(file);
  const config = await loadConfig({ configPath: join(dirname(path), "..", "redocly.yaml") });
  const problems = await lintFromString({ source: text, absoluteRef: path, config });
  return problems
    .filter(({ ignored }) => !ignored)
    .map(({ ruleId, message, location: [at] }) => {
      return { linter: "redocly", rule: ruleId, message, where: at?.pointer ?? "" };
    });
}

const spectralLinter = new Spectral();
// Both packages describe the same object, but the type of `oas` also allows undefined members.
spectralLinter.setRuleset({ extends: [oas as RulesetDefinition] });

/** Runs Spectral with its rules for OpenAPI. */
async function spectral(text: string): Promise<Finding[]> {
  const document = JSON.parse(text) as JsonSchema;
  const results = await spectralLinter.run(document);
  return results
    .map(({ code, message, path }) => {
      const where = path.map((name) => String(name).replaceAll("~", "~0").replaceAll("/", "~1")).join("/");
      return { linter: "spectral", rule: String(code), message, where: `#/${where}` };
    })
    .filter((finding) => !isExcepted(finding, document));
}

function externalRefs(value: unknown, where = "#"): Finding[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    if (name === "$ref" && typeof member === "string" && !member.startsWith("#/")) {
      return [{ linter: "own", rule: "local-refs", message: `${member} is not in this document`, where }];
    }
    return externalRefs(member, `${where}/${name}`);
  });
}
