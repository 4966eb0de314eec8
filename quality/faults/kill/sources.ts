/**
 * The events of webhook sources whose effects the workload checks. Each source declares them in a file `NAME.source.ts` in this
 * folder, which exports `source`.
 */
import type { WebhookSource } from "../../../scripts/webhook/senders";
import type { Call } from "../client";

export interface KilledSource {
  readonly name: WebhookSource;
  /** Creates an event that the API handles. Its effect can be identified by the event's id. */
  readonly eventOf: (id: string, now: number) => { readonly type: string; readonly body: unknown };
  /** The table with the effects, and the field that is different in each. Undefined for events without an effect. */
  readonly effects?: { readonly table: string; readonly field: string };
  /** Returns a problem for each event whose effect the API does not show. */
  readonly missing?: (call: Call, ids: readonly string[]) => Promise<string[]>;
}

export const KILLED_SOURCES: readonly KilledSource[] = Object.values(
  import.meta.glob<KilledSource>("./*.source.ts", { eager: true, import: "source" }),
);
