/** Writes `openapi/openapi.json` from the contracts: `npm run openapi`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { productDocument } from "./product";
import { pretty } from "./pretty";

writeFileSync(join(process.cwd(), "openapi", "openapi.json"), `${pretty(productDocument())}\n`);
