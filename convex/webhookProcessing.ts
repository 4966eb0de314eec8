/**
 * The former paths of `webhooks/process.ts`: functions that version 0.2.0 has scheduled are stored by these. To be removed in
 * version 0.4.0.
 */
export { attempt, process, processStored, sweep } from "./webhooks/process";
