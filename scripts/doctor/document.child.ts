/** Prints the OpenAPI document that the contracts make, for the doctor, who writes nothing. */
import { pretty } from "../../openapi/pretty";
import { productDocument } from "../../openapi/product";

process.stdout.write(`${pretty(productDocument())}\n`);
