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

/** Tests that need a secret, and are skipped where one of these was not given. The summary says so. */
export function describeWith(needed: readonly Secret[], title: string, body: () => void): void {
  const wanting = needed.find((secret) => secrets[secret] === undefined);
  if (wanting === undefined) describe(title, body);
  else describe.skip(title, { meta: { needs: wanting } }, body);
}

declare module "vitest" {
  interface ProvidedContext {
    given: Given;
  }
  interface TaskMeta {
    /** The secret for want of which it is skipped. */
    needs?: Secret;
  }
}
