/** Writes the types of the example client from `openapi/openapi.json`: `npm run openapi:client`. */
import { readFileSync } from "node:fs";
import { CLIENT_TYPES, clientTypes } from "./clientTypes";
import { writeGenerated } from "./written";

writeGenerated(CLIENT_TYPES, await clientTypes(readFileSync("openapi/openapi.json", "utf8")));
