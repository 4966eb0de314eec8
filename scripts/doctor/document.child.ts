/** Prints the OpenAPI document of the contracts, for the doctor to compare. Writes nothing. */
import { documentText } from "../../openapi/documentText";

process.stdout.write(await documentText());
