/** The section about the API in the app's README. */
import type { Layout } from "../layout";
import type { Names } from "../copy/names";

const HEADING = "## REST API";

/** Returns the README with the section at its end. A README that has the heading stays as it is. */
export function withSection(
  text: string | undefined,
  { names, layout, scripts }: { names: Names; layout: Layout; scripts: Readonly<Record<string, string>> },
): string {
  if (text?.includes(`${HEADING}\n`)) return text;
  const run = (name: string) => `npm run ${scripts[name] ?? name}`;
  const section = `${HEADING}

${names.title} is served by the Convex functions in \`${layout.functions}/${layout.folder}/\`. Its tables are in \`${layout.folder}/tables.ts\`, and its
document in \`${layout.tools}/openapi/openapi.json\`.

\`\`\`sh
${run("api")}      # serves the app on this machine and prints a key at the first start
${run("openapi")}  # writes the OpenAPI document again after a change of a route
npx convex run ${layout.folder}/apiKeys:issue '{"name": "first", "scopes": ["*"], "email": "you@example.com"}'  # a key, on Convex
\`\`\`

\`${layout.tools}/.env.example\` lists the settings. \`${layout.tools}/adopted.json\` records what was copied; do not delete it.
`;
  return text === undefined ? `# ${names.title}\n\n${section}` : `${text.trimEnd()}\n\n${section}`;
}
