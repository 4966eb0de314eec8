/** Prints the OpenAPI document that the contracts make. The doctor compares it and writes nothing. */
import { documentText } from "../../openapi/documentText";

process.stdout.write(await documentText());
