/** Writes `openapi/openapi.json` from the contracts: `npm run openapi`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { api } from "../convex/http/api.app";
import { API } from "../convex/http/system/system.routes";
import { openApiDocument } from "./document";

const description =
  "A REST API on Convex. Errors are problems (RFC 9457); lists page through `Link` headers (RFC 8288).";
const document = openApiDocument({ title: API.name, version: API.version, description }, api.contracts);
writeFileSync(join(process.cwd(), "openapi", "openapi.json"), `${JSON.stringify(document, null, 2)}\n`);
