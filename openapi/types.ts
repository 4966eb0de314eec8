/** Writes the types of the example client from `openapi/openapi.json`: `npm run openapi:client`. */
import { readFileSync, writeFileSync } from "node:fs";
import { CLIENT_TYPES, clientTypes } from "./clientTypes";

writeFileSync(CLIENT_TYPES, await clientTypes(readFileSync("openapi/openapi.json", "utf8")));
