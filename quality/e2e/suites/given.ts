import { inject } from "vitest";
import type { Given } from "../options";

/** The deployment that the command line describes. */
export const given: Given = inject("given");

declare module "vitest" {
  interface ProvidedContext {
    given: Given;
  }
}
