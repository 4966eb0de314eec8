/**
 * The former path of a function in `webhooks/log.ts`. A purge that version 0.2.0 scheduled is stored under this path. Remove
 * this file in version 0.4.0.
 */
export { purge } from "./webhooks/log";
