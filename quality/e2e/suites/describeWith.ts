import { describe } from "vitest";
import { productDocument } from "../../../openapi/contract/check";
import type { Described } from "../../../openapi/contract/described";
import { SOURCES, type WebhookSource } from "../../../scripts/webhook/senders";
import type { Secret } from "../options";
import { described } from "./document";
import { given } from "./given";

const secrets: Readonly<Record<Secret, string | undefined>> = {
  "--key": given.key,
  "--token": given.token,
  // The entries have the options of all sources.
  ...(Object.fromEntries(SOURCES.map((source) => [`--${source}-secret`, given.secrets[source]])) as Record<
    `--${WebhookSource}-secret`,
    string | undefined
  >),
};

/**
 * Describes tests that need secrets and operations. They are skipped if one is missing, and the summary lists what they need.
 *
 * @param needed options of secrets, and ids of operations that an app without a part of the API does not have.
 * @throws Error if this project does not have an operation, so that a wrong name does not skip tests.
 */
export function describeWith(needed: readonly string[], title: string, body: () => void): void {
  const missing = needed.find((need) => !isPresent(need));
  if (missing === undefined) describe(title, body);
  else describe.skip(title, { meta: { needs: missing } }, body);
}

function isPresent(need: string): boolean {
  if (isSecret(need)) return secrets[need] !== undefined;
  if (!has(productDocument(), need)) throw new Error(`The API has no operation ${need}`);
  return has(described(), need);
}

const isSecret = (need: string): need is Secret => need in secrets;

const has = ({ operations }: Described, id: string): boolean =>
  operations.some(({ operationId }) => operationId === id);

declare module "vitest" {
  interface TaskMeta {
    /** The missing secret or operation, if the test is skipped. */
    needs?: string;
  }
}
