import type { Registry } from "../kit/api.kit";
import { implement } from "../kit/implement.kit";
import { getHealth } from "./health.contract";

/** The liveness check. The table imports it statically, because it is smaller than what an `import()` costs. */
export function health(api: Registry): void {
  implement(api, getHealth, (c) => Promise.resolve(c.json({ status: "ok" }, 200)));
}
