import { describe, inject } from "vitest";
import type { Given, Secret } from "../options";

/** The options of the command line. */
export const given: Given = inject("given");

const secrets: Record<Secret, string | undefined> = {
  "--key": given.key,
  "--token": given.token,
  "--stripe-secret": given.secrets.stripe,
  "--clerk-secret": given.secrets.clerk,
  "--github-secret": given.secrets.github,
};

/** Describes tests that need secrets. They are skipped if one was not given, and the summary lists them. */
export function describeWith(needed: readonly Secret[], title: string, body: () => void): void {
  const missing = needed.find((secret) => secrets[secret] === undefined);
  if (missing === undefined) describe(title, body);
  else describe.skip(title, { meta: { needs: missing } }, body);
}

declare module "vitest" {
  interface ProvidedContext {
    given: Given;
  }
  interface TaskMeta {
    /** The secret that is missing if the test is skipped. */
    needs?: Secret;
  }
}
