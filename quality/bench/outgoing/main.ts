/** Measures webhooks out: `npm run bench:outgoing -- --help`. */
import { parseOrExit, refuse } from "../../../packages/convex-embedded/src/cli/arguments";
import { cost } from "./cost";
import { CHANGES_PER_MINUTE, load, MOST_PENDING } from "./load";

const USAGE = `usage: npm run bench:outgoing -- [--load] [--minutes N]

Without options, measures POST /api/items of owners with 0, 1 and 20 endpoints.

  --load       sends 1,000 changes a minute to 20 endpoints, one of which takes 15 s for each delivery
  --minutes N  the duration of the load (default 4)
  --backlog N  the pending deliveries of the slow endpoint at the beginning; by default so many that it is disabled halfway
`;

const { values } = parseOrExit(USAGE, {
  options: {
    load: { type: "boolean", default: false },
    minutes: { type: "string", default: "4" },
    backlog: { type: "string" },
  },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) refuse("--minutes must be a number greater than 0.", USAGE);
const halfway = Math.max(0, Math.round(MOST_PENDING - (CHANGES_PER_MINUTE * minutes) / 2));
const backlog = Number(values.backlog ?? halfway);
if (!Number.isInteger(backlog) || backlog < 0) refuse("--backlog must be a whole number.", USAGE);
if (!values.load) await cost();
else if (!(await load(minutes, backlog))) process.exitCode = 1;
