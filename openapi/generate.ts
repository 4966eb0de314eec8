/** Writes `openapi/openapi.json` from the contracts: `npm run openapi`. */
import { DOCUMENT, documentText } from "./documentText";
import { writeGenerated } from "./written";

writeGenerated(DOCUMENT, await documentText());
