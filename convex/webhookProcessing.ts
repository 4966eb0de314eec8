/**
 * The former paths of the functions in `webhooks/process.ts`. Functions that version 0.2.0 scheduled are stored under these
 * paths. Remove this file in version 0.4.0.
 */
export { attempt, process, processStored, sweep } from "./webhooks/process";
