import { isRequired } from "../../../openapi/schemas";
import { PROBLEMS } from "../../lib/problems.lib";
import type { AnyContract, Spec } from "../kit/contract.kit";
import type { FileSpecs } from "../kit/multipart.kit";
import { inputSchemas, pageQuery, type InputSchemas } from "../kit/schemas.kit";
import type { Call } from "./engine.testing";
import { FIXTURES, type PathValues, type Resource } from "./fixtures.testing";

/** A contract as the suites use it: its whole specification, its schemas, and a title for test reports. */
export type Route = Spec & { method: string; path: string; title: string; inputs: InputSchemas };

export function routeOf({ method, path, spec }: AnyContract): Route {
  const title = `${method.toUpperCase()} ${path}`;
  return { ...spec(), method: method.toUpperCase(), path, title, inputs: inputSchemas(spec()) };
}

/** Matches the names of a path, with their marks. */
const NAMES = /(?<=\/)[:*]\w+/g;

/** Returns the names of a path: of `/api/rooms/:roomId/files/*file`, `roomId` and `file`. */
export const namesOf = (path: string): string[] => [...path.matchAll(NAMES)].map(([name]) => name.slice(1));

/**
 * Returns the resource that the names of a route's path identify: the fixture of the path, or of the longest path above it with the
 * same names. Undefined for a path without names, and for a public path without a fixture.
 */
export function resourceOf({ path }: Pick<Route, "path">): Resource | undefined {
  const names = namesOf(path).join();
  const above = Object.keys(FIXTURES.resources)
    .filter((key) => (path === key || path.startsWith(`${key}/`)) && namesOf(key).join() === names)
    .sort((a, b) => b.length - a.length);
  return names === "" ? undefined : FIXTURES.resources[above[0] ?? ""];
}

/** Returns the path of a route with these values, or with one value for each of its names. */
export function pathWith({ path }: Pick<Route, "path">, values: PathValues): string {
  return path.replaceAll(NAMES, (name) => {
    const value = typeof values === "string" ? values : values[name.slice(1)];
    if (value === undefined) throw new Error(`The fixture of ${path} has no value for ${name}`);
    return encodedValue(value, name.startsWith("*"));
  });
}

/** Encodes the value of a name in a path. The rest of a path keeps its slashes. */
export const encodedValue = (value: string, isRest: boolean): string =>
  (isRest ? value.split("/") : [value]).map(encodeURIComponent).join("/");

/** Returns values of the names in a route's path: of the fixture's resource, or the examples of a public route. */
export async function valuesFor(route: Route, owner: Call): Promise<PathValues> {
  if (namesOf(route.path).length === 0) return {};
  const resource = resourceOf(route);
  if (resource) return resource.belongsTo === "its owner" ? resource.of(owner) : resource.some();
  const examples = route.scope === null ? route.docs().examples?.params : undefined;
  if (examples) return examples;
  throw new Error(`${route.path} has no resource: add one to the fixtures of its folder`);
}

/** Returns a path of the route to an existing resource. Creates the resource; an owned resource belongs to `owner`. */
export const pathFor = async (route: Route, owner: Call): Promise<string> =>
  pathWith(route, await valuesFor(route, owner));

/** Returns the names of all query parameters of a route. */
export const namesOfQuery = ({ inputs, paged }: Route): string[] => [
  ...Object.keys(inputs.query),
  ...(paged ? Object.keys(pageQuery()) : []),
];

/** Returns the required query parameters of a route with the values of its example. */
function requiredQuery({ inputs, docs }: Route): Record<string, string> {
  const required = Object.entries(inputs.query).filter(([, schema]) => isRequired(schema));
  return Object.fromEntries(required.map(([name]) => [name, docs().examples?.query?.[name] ?? ""]));
}

/** Returns the headers that a route requires, with the values of their examples. */
export const requiredHeaders = ({ docs }: Route): Record<string, string> =>
  Object.fromEntries(
    Object.entries(docs().headers ?? {}).flatMap(([name, { required, example }]) =>
      required && example !== undefined ? [[name, example]] : [],
    ),
  );

/** Returns a path with the required query of the route, where the path has no query parameter of that name. */
export function withRequiredQuery(route: Route, path: string): string {
  const start = path.indexOf("?");
  const given = [...new URLSearchParams(start < 0 ? "" : path.slice(start)).keys()];
  return Object.entries(requiredQuery(route))
    .filter(([name]) => !given.includes(name))
    .reduce(
      (whole, [name, value]) =>
        `${whole}${whole.includes("?") ? "&" : "?"}${name}=${encodeURIComponent(value)}`,
      path,
    );
}

/**
 * Whether a valid request must succeed. It need not if its contract names `not_found`, because its body names another resource, or a
 * failure of its own, such as `upstream_failed`. The failures of the kit, such as `not_configured`, do not count.
 */
export const exampleSucceeds = ({ docs }: Route): boolean =>
  !(docs().problems ?? []).some((code) => {
    const { status, where } = PROBLEMS[code];
    return status === 404 || (status >= 500 && where === undefined);
  });

/** Returns a form with these text fields and one file under each name. */
function formWith(files: FileSpecs, fields: Record<string, string>): { type: string; text: string } {
  const part = (head: string, text: string) =>
    `--X\r\nContent-Disposition: form-data; ${head}\r\n\r\n${text}\r\n`;
  const texts = Object.entries(fields).map(([name, text]) => part(`name="${name}"`, text));
  const all = Object.entries(files).map(([name, { types = ["text/plain"] }]) => {
    const type = types[0]?.replace("/*", "/x-test") ?? "";
    return part(`name="${name}"; filename="a"\r\nContent-Type: ${type}`, "bytes");
  });
  return { type: "multipart/form-data; boundary=X", text: `${[...texts, ...all].join("")}--X--\r\n` };
}

/** Returns a valid body of the route and its media type: the example of its contract, or any bytes for an upload. */
export function bodyFor(route: Route): { type: string; text: string } | undefined {
  if (route.body?.type === "file") return { type: "text/plain", text: "bytes" };
  const documented = route.docs().examples?.body;
  const example = FIXTURES.bodies[route.title]?.(documented) ?? documented;
  if (route.body?.type === "multipart")
    return formWith(route.body.files, (example ?? {}) as Record<string, string>);
  if (route.body?.type === "form") {
    const text = new URLSearchParams(example as Record<string, string>).toString();
    return { type: "application/x-www-form-urlencoded", text };
  }
  const takesJson = route.body?.type === "json" || route.body?.type === "anyJson";
  return takesJson ? { type: "application/json", text: JSON.stringify(example) } : undefined;
}
