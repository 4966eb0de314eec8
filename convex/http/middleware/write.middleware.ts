/**
 * The steps that most requests with a body need. They are one module for the table of routes, because on Convex a request pays
 * more for an `import()` than for the code of a small step.
 */
export { certainValue } from "../kit/fastBody.kit";
export { takeBody } from "./body.middleware";
export { readIdempotencyKey } from "./idempotency.middleware";
