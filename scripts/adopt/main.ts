/** Copies the API into an existing Convex app: `npm run adopt -- ../their-app`. */
import { adopt } from "./adopt";
import { parseOptions, USAGE } from "./options";
import { Refusal } from "./refusal";

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === null) console.log(USAGE);
  else
    process.exitCode = await adopt(process.cwd(), options, (line) => {
      console.log(line);
    });
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(`${error.message}\nFor help, run: npm run adopt -- --help`);
  process.exitCode = 2;
}
