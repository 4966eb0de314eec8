/**
 * The names that only field schemas and pages need from the product. They are not in `product.kit.ts`, because every request
 * loads that file.
 */
export { checksum } from "../../lib/hash.lib";
export { isEmail } from "../../lib/email.lib";
export { toTime } from "../../lib/time.lib";
