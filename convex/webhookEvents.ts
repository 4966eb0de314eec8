/**
 * The former path of a function of `webhooks/log.ts`: a purge that version 0.2.0 has scheduled is stored by it. To be removed
 * in version 0.4.0.
 */
export { purge } from "./webhooks/log";
