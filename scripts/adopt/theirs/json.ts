/** Edits of JSON files that may have comments. They keep all that they do not change. */
import ts from "typescript";
import { edited } from "../copy/edits";

/** Sets members of an object in a JSON text. @param path the names that lead to the object; missing objects are added. */
export function withMembers(
  text: string,
  path: readonly string[],
  members: Readonly<Record<string, unknown>>,
): string {
  let result = text;
  for (const [name, value] of Object.entries(members)) result = withMember(result, path, name, value);
  return result;
}

function withMember(text: string, path: readonly string[], name: string, value: unknown): string {
  const source = ts.parseJsonText("file.json", text);
  let object: ts.Expression | undefined = source.statements[0]?.expression;
  for (const [depth, step] of path.entries()) {
    const member = memberOf(object, step);
    if (!member)
      return withMember(text, path.slice(0, depth), step, nested(path.slice(depth + 1), name, value));
    object = member.initializer;
  }
  if (!object || !ts.isObjectLiteralExpression(object)) throw new Error(`${path.join(".")} is not an object`);
  const json = JSON.stringify(value, null, 2);
  const known = memberOf(object, name);
  const indent = indentOf(source.text, object.properties[0]?.getStart(source) ?? object.getStart(source));
  const step = object.properties.length > 0 ? indent : `${indent}  `;
  const lines = json.replaceAll("\n", `\n${step}`);
  if (known) {
    const { initializer } = known;
    if (JSON.stringify(valueOf(initializer)) === JSON.stringify(value)) return text;
    return edited(text, [{ start: initializer.getStart(source), end: initializer.end, text: lines }]);
  }
  const last = object.properties.at(-1);
  const start = last?.end ?? object.getStart(source) + 1;
  const closing = last || text.slice(start, object.end - 1).includes("\n") ? "" : `\n${indent}`;
  const member = `${last ? "," : ""}\n${step}${JSON.stringify(name)}: ${lines}${closing}`;
  return edited(text, [{ start, end: start, text: member }]);
}

const nested = (path: readonly string[], name: string, value: unknown): unknown =>
  [...path, name].reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);

function memberOf(object: ts.Expression | undefined, name: string): ts.PropertyAssignment | undefined {
  if (!object || !ts.isObjectLiteralExpression(object)) return undefined;
  return object.properties
    .filter(ts.isPropertyAssignment)
    .find((member) => "text" in member.name && member.name.text === name);
}

/** Returns the white space before the first character of a line. */
function indentOf(text: string, at: number): string {
  return /^\s*/.exec(text.slice(text.lastIndexOf("\n", at - 1) + 1, at))?.[0] ?? "";
}

/** Returns the value of a JSON text that may have comments. @throws Error if the text is not an object. */
export function objectIn(file: string, text: string): Record<string, unknown> {
  const parsed: { config?: unknown; error?: ts.Diagnostic } = ts.parseConfigFileTextToJson(file, text);
  const { config, error } = parsed;
  if (error || typeof config !== "object" || config === null) throw new Error(`${file} is not a JSON object`);
  return config as Record<string, unknown>;
}

const valueOf = (node: ts.Expression): unknown => {
  try {
    return JSON.parse(node.getText());
  } catch {
    return undefined;
  }
};
