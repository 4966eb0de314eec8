/** Measures webhooks out: `npm run bench:outgoing -- --help`. */
import { parseOrExit, refuse } from "../../../packages/convex-embedded/src/cli/arguments";
import { cost } from "./cost";
import { load } from "./load";

const USAGE = `usage: npm run bench:outgoing -- [--load] [--minutes N]

Without options, measures POST /api/items of owners with 0, 1 and 20 endpoints.

  --load       sends 1,000 changes a minute to 20 endpoints, one of which takes 15 s for each delivery
  --minutes N  the duration of the load (default 4)
`;

const { values } = parseOrExit(USAGE, {
  options: { load: { type: "boolean", default: false }, minutes: { type: "string", default: "4" } },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) refuse("--minutes must be a number greater than 0.", USAGE);
if (!values.load) await cost();
else if (!(await load(minutes))) process.exitCode = 1;
