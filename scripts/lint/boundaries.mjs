/**
 * The import boundaries between the layers of docs/architecture.md, as ESLint rules. Tests and test helpers may import
 * anything. The rules compare paths as text, so they also refuse a path with `..` after a name.
 */

const TESTS = ["**/*.test.ts", "**/*.testing.ts", "convex/http/testing/**", "convex/_generated/**"];
/** The maximum folder depth that the rules cover. A test checks that no file is deeper. */
export const MAX_DEPTH = 6;

// Each pattern has a regular expression that matches forbidden module names, and a message with the remedy.
const LATE_PARENT_PATH = {
  regex: String.raw`(?:^\./|[^./]/)\.\.(?:/|$)`,
  message: "Put every `..` at the start of the path.",
};
const OUTSIDE_KIT = {
  regex: String.raw`^\.\./`,
  message: "The kit imports the product only through product.kit.ts. Export it there.",
};
const HTTP_LIBRARIES = {
  regex: String.raw`^(?:hono|zod|@hono/[^/]+|convex-helpers/server/(?:hono|zod\w*)|#docsOnly|#routes)(?:/|$)`,
  message: "Functions must not import Hono or zod, because every transaction would load them.",
};
const HTTP_LAYER = {
  regex: String.raw`^\.{1,2}/(?:.*/)?http(?:/|$)`,
  message: "Functions must not import the HTTP layer. Put shared code into lib/.",
};
const PACKAGES = {
  regex: String.raw`^convex-embedded(?:/|$)`,
  message: "convex/ must not import the embedded runtime, because it also runs on Convex.",
};
/** Refuses paths that lead out of a folder, for files `depth` folders below it. The files that match `except` are allowed. */
const outside = (depth, message, except = "(?!)") => ({
  regex: String.raw`^(?:\.\./){${depth + 1}}(?!(?:${except})$)`,
  message,
});

/** Refuses static imports that match a pattern, including imports of types. */
const imports = (patterns) => ({ "no-restricted-imports": ["error", { patterns }] });

/** Refuses `import()` that matches a pattern, as a call and as a type. ESLint's selectors allow no slash in a regex. */
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

const FROM_CONVEX = "convex/ may import only openapi/openapi.json and openapi/scalar.json from outside.";
const FROM_PACKAGE =
  "A package must not import files outside its folder, because it must work without this project.";

/** Returns one entry for each depth, because the depth decides which relative paths lead out of a folder. */
const byDepth = (folder, entry) =>
  Array.from({ length: MAX_DEPTH + 1 }, (_, depth) => entry(depth, `${folder}/${"*/".repeat(depth)}*`));

const ofConvex = (depth) => [
  LATE_PARENT_PATH,
  PACKAGES,
  outside(depth, FROM_CONVEX, String.raw`openapi/(?:openapi|scalar)\.json`),
];

const ofPackages = (depth) => [LATE_PARENT_PATH, outside(depth, FROM_PACKAGE)];

/** Only one module accesses the tables of users, so that another app can replace them with its own users. */
const USERS_TABLES = {
  selector:
    "CallExpression[callee.property.name=/^(?:get|query|insert|patch|replace|delete|normalizeId)$/]" +
    "[arguments.0.value=/^(?:users|deletedClerkUsers)$/]",
  message: "Access users through identity/users.lib.ts.",
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
      depth === 0
        ? `${files}.ts`
        : files.replace("convex/*/", "convex/{identity,lib,outgoing,views,webhooks}/") + ".ts",
    ],
    ignores: [...TESTS, "convex/http.ts"],
    rules: refuse(functions(depth), [USERS_TABLES]),
  })),
  // Only the users module and its migrations may access the users tables.
  { files: ["convex/identity/users.lib.ts"], rules: refuse(functions(1)) },
  { files: ["convex/migrations.ts"], rules: refuse(functions(0)) },
  {
    files: ["convex/http/kit/*.ts"],
    ignores: [...TESTS, "convex/http/kit/product.kit.ts", "convex/http/kit/productFormats.kit.ts"],
    rules: refuse([LATE_PARENT_PATH, PACKAGES, OUTSIDE_KIT]),
  },
  ...byDepth("packages/*", (depth, files) => ({
    files: [`${files}.{ts,mjs}`],
    ignores: [...TESTS],
    rules: refuse(ofPackages(depth)),
  })),
  // Tests may use `import()`: for tests, eslint.config.mjs uses `no-restricted-syntax` for another purpose.
  ...byDepth("packages/*", (depth, files) => ({
    files: [`${files}.test.ts`],
    // This test checks replies against the OpenAPI document.
    ignores: ["packages/convex-embedded/src/server/diskFull.test.ts"],
    rules: imports(ofPackages(depth)),
  })),
];
