/** Writes `openapi/openapi.json` from the contracts: `npm run openapi`. */
import { productDocument } from "./product";
import { pretty } from "./pretty";
import { writeGenerated } from "./written";

writeGenerated("openapi/openapi.json", `${pretty(productDocument())}\n`);
