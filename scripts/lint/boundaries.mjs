/**
 * Which folder may import from which: the layers of docs/architecture.md as rules of ESLint. Tests, and what only tests use, may
 * import anything. Paths are compared as they are written, so a path that climbs after its first names is refused as well.
 */

const TESTS = ["**/*.test.ts", "**/*.testing.ts", "convex/http/testing/**", "convex/_generated/**"];
/** How deep in a folder the rules reach. No file may be deeper; a test checks that. */
export const MOST_DEPTH = 6;

/** What a boundary refuses: a regular expression of module names, and what to do instead. */
const CLIMBS_LATE = {
  regex: String.raw`(?:^\./|[^./]/)\.\.(?:/|$)`,
  message: "Write the path without names before `..`.",
};
const OUTSIDE_KIT = {
  regex: String.raw`^\.\./`,
  message: "The kit knows the product through product.kit.ts alone: name it there.",
};
const HTTP_LIBRARIES = {
  regex: String.raw`^(?:hono|zod|@hono/[^/]+|convex-helpers/server/(?:hono|zod\w*)|#documented)(?:/|$)`,
  message: "Functions stay free of Hono and zod: every transaction would load them.",
};
const HTTP_LAYER = {
  regex: String.raw`^\.{1,2}/(?:.*/)?http(?:/|$)`,
  message: "Functions do not import the HTTP layer. Put shared code into lib/.",
};
const PACKAGES = {
  regex: String.raw`^convex-embedded(?:/|$)`,
  message: "convex/ runs on every Convex, so it imports nothing of the embedded runtime.",
};
/** Paths that leave a folder from `depth` folders below it, except to the files given. */
const outside = (depth, message, except = "(?!)") => ({
  regex: String.raw`^(?:\.\./){${depth + 1}}(?!(?:${except})$)`,
  message,
});

/** Refuses static imports that match a pattern, of types too. */
const imports = (patterns) => ({ "no-restricted-imports": ["error", { patterns }] });

/** Refuses `import()` that matches a pattern, as a call and as a type. The selectors' grammar has no slash within a regex. */
const dynamicImports = (patterns, more = []) => ({
  "no-restricted-syntax": [
    "error",
    ...patterns.map(({ regex, message }) => ({
      selector: `:matches(ImportExpression > Literal, TSImportType Literal)[value=/${regex.replaceAll("/", String.raw`\u002f`)}/]`,
      message,
    })),
    ...more,
  ],
});

const refuse = (patterns, more) => ({ ...imports(patterns), ...dynamicImports(patterns, more) });

const FROM_CONVEX = "convex/ imports nothing from outside but openapi/openapi.json and openapi/scalar.json.";
const FROM_PACKAGE =
  "A package imports nothing from outside its folder: it has to work without this project.";

/** One entry for each depth, since only the depth tells which paths lead out of a folder. */
const byDepth = (folder, entry) =>
  Array.from({ length: MOST_DEPTH + 1 }, (_, depth) => entry(depth, `${folder}/${"*/".repeat(depth)}*`));

const ofConvex = (depth) => [
  CLIMBS_LATE,
  PACKAGES,
  outside(depth, FROM_CONVEX, String.raw`openapi/(?:openapi|scalar)\.json`),
];

const ofPackages = (depth) => [CLIMBS_LATE, outside(depth, FROM_PACKAGE)];

/** The tables of users belong to one module, so that another app can put its own users behind it. */
const USERS_TABLES = {
  selector:
    "CallExpression[callee.property.name=/^(?:get|query|insert|patch|replace|delete|normalizeId)$/]" +
    "[arguments.0.value=/^(?:users|deletedClerkUsers)$/]",
  message: "Reach users through identity/users.lib.ts.",
};

const functions = (depth) => [...ofConvex(depth), HTTP_LIBRARIES, HTTP_LAYER];

export const boundaries = [
  ...byDepth("convex", (depth, files) => ({
    files: [`${files}.ts`],
    ignores: TESTS,
    rules: refuse(ofConvex(depth), [USERS_TABLES]),
  })),
  ...byDepth("convex", (depth, files) => ({
    files: [
      depth === 0 ? `${files}.ts` : files.replace("convex/*/", "convex/{identity,lib,webhooks}/") + ".ts",
    ],
    ignores: [...TESTS, "convex/http.ts"],
    rules: refuse(functions(depth), [USERS_TABLES]),
  })),
  // The module itself, and conversions of its stored documents.
  { files: ["convex/identity/users.lib.ts"], rules: refuse(functions(1)) },
  { files: ["convex/migrations.ts"], rules: refuse(functions(0)) },
  {
    files: ["convex/http/kit/*.ts"],
    ignores: [...TESTS, "convex/http/kit/product.kit.ts"],
    rules: refuse([CLIMBS_LATE, PACKAGES, OUTSIDE_KIT]),
  },
  ...byDepth("packages/*", (depth, files) => ({
    files: [`${files}.{ts,mjs}`],
    ignores: [...TESTS],
    rules: refuse(ofPackages(depth)),
  })),
  // `import()` in tests is free: the rule for it has another job there.
  ...byDepth("packages/*", (depth, files) => ({
    files: [`${files}.test.ts`],
    // It checks replies against the document of the API.
    ignores: ["packages/convex-embedded/src/server/diskFull.test.ts"],
    rules: imports(ofPackages(depth)),
  })),
];
