/**
 * The form of a function's path, as Convex checks it before it looks for the function (`crates/convex/sync_types/src/`
 * `udf_path.rs`, `module_path.rs` and `identifier.rs` of get-convex/convex-backend).
 */

const MAX_BYTES = 64;

/**
 * Returns Convex's message for a path that cannot name a function, `null` for a valid one.
 *
 * @param path `items:get`, `http/items:get`, `items` or `items.js:get`.
 */
export function pathFlaw(path: string): string | null {
  const colon = path.lastIndexOf(":");
  if (colon < 0) return moduleFlaw(path);
  return moduleFlaw(path.slice(0, colon)) ?? identifierFlaw(path.slice(colon + 1));
}

function moduleFlaw(path: string): string | null {
  // As in Rust's `Path`, empty components and later `.` are skipped.
  const components = path.split("/").filter((part, index) => part !== "" && (part !== "." || index === 0));
  const file = components.at(-1);
  if (file === undefined || file === "." || file === "..") {
    return `Module path ${path} doesn't have a filename.`;
  }
  // A name that only begins with a period has no extension.
  const period = file.lastIndexOf(".");
  const extension = period > 0 ? file.slice(period + 1) : null;
  if (extension !== null && extension !== "js") {
    return `Module path (${path}) has an extension that isn't 'js'.`;
  }
  if (path.startsWith("/")) return `Module paths must be relative (${path} is absolute).`;
  for (const component of components) {
    if (component === ".") return `Invalid path component CurDir in ${path}.`;
    if (component === "..") return `Invalid path component ParentDir in ${path}.`;
  }
  if (extension === null) components[components.length - 1] = `${file}.js`;
  for (const component of components) {
    const flaw = componentFlaw(component);
    if (flaw !== null) return flaw;
  }
  return null;
}

function componentFlaw(component: string): string | null {
  const bytes = Buffer.from(component);
  if (bytes.length > MAX_BYTES) {
    const start = bytes.subarray(0, MAX_BYTES).toString();
    return `Path component is too long (${bytes.length} > maximum ${MAX_BYTES}): ${start}...`;
  }
  if (!/^[A-Za-z0-9_.]*$/.test(component)) {
    return `Path component ${component} can only contain alphanumeric characters, underscores, or periods.`;
  }
  if (!/[A-Za-z0-9]/.test(component)) {
    return `Path component ${component} must have at least one alphanumeric character.`;
  }
  return null;
}

/** The names of functions are identifiers. */
function identifierFlaw(name: string): string | null {
  const [first, ...rest] = name;
  if (first === undefined) return "Identifier cannot be empty";
  if (!/^[A-Za-z_]/.test(first)) {
    return (
      `Invalid first character '${first}' in ${name}: Identifiers must start with an alphabetic character or ` +
      "underscore"
    );
  }
  const invalid = rest.find((character) => !/^\w$/.test(character));
  if (invalid !== undefined) {
    return (
      `Identifier ${name} has invalid character '${invalid}': Identifiers can only contain alphanumeric characters ` +
      "or underscores"
    );
  }
  if (name.length > MAX_BYTES) return `Identifier is too long (${name.length} > maximum ${MAX_BYTES})`;
  return /^_+$/.test(name) ? `Identifier ${name} cannot have exclusively underscores` : null;
}
