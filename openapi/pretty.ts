/** Columns of the longest line that holds more than one value. */
const WIDTH = 110;

/** JSON for people: what fits into a line stands in one line, so that a long document stays readable. */
export function pretty(value: unknown, indent = ""): string {
  const line = inline(value);
  if (line.length + indent.length <= WIDTH || typeof value !== "object" || value === null) return line;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const members = Array.isArray(value)
    ? value.map((element) => pretty(element, inner))
    : present(value).map(([name, member]) => `${JSON.stringify(name)}: ${pretty(member, inner)}`);
  return `${open}\n${members.map((member) => inner + member).join(",\n")}\n${indent}${close}`;
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = present(value).map(([name, member]) => `${JSON.stringify(name)}: ${inline(member)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

/** As in `JSON.stringify`, a member that is undefined is none. */
const present = (value: object): [string, unknown][] =>
  Object.entries(value).filter(([, member]) => member !== undefined);
