import convex from "@convex-dev/eslint-plugin";
import tseslint from "typescript-eslint";
import { boundaries } from "./scripts/lint/boundaries.mjs";
import { heldPromise } from "./scripts/lint/heldPromise.mjs";

export default tseslint.config(
  {
    ignores: [
      "convex/_generated/**",
      "examples/chat/convex/_generated/**",
      "**/node_modules/**",
      "packages/*/dist/**",
      "coverage/**",
      "openapi/site/**",
      "docs/.vitepress/{.temp,cache,dist}/**",
      // They import generated code and packages that only the generators' test installs; it compiles them under --strict.
      "openapi/generators/clients/**",
      "openapi/generators/orval.config.cjs",
      "openapi/example/api.d.ts",
      // Apps of their own, which have no generated code until a test adopts the API into a copy.
      "scripts/adopt/fixtures/**",
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // Hono's presets are interchangeable subclasses of one base class. The rule compares only their names.
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
    },
  },
  ...convex.configs.recommended,
  // The two files that read the environment, for functions and for the auth config. Convex's typed `env` would bundle its whole server library.
  {
    files: [
      "convex/lib/env.lib.ts",
      "convex/auth.config.ts",
      // `CONVEX_SITE_URL` is always set, and needs no declaration.
      "examples/chat/convex/{auth.config,guests}.ts",
    ],
    rules: { "@convex-dev/no-process-env": "off" },
  },
  {
    files: ["convex/**/*.ts"],
    ignores: ["**/*.test.ts", "**/*.testing.ts"],
    plugins: { local: { rules: { "held-promise": heldPromise } } },
    rules: { "local/held-promise": "error" },
  },
  // A process that outlives its test keeps its inherited pipes open, so Vitest cannot exit.
  {
    files: ["**/*.test.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector:
            "CallExpression[callee.name='spawn']:not(CallExpression[callee.name='endsWithTest'] > CallExpression)",
          message: "Start it with endsWithTest(spawn(…)) from packages/convex-embedded/fixtures/child.ts.",
        },
      ],
    },
  },
  ...boundaries,
  { files: ["**/*.mjs"], ...tseslint.configs.disableTypeChecked },
);
