/** The requests of a lane that are in flight, and the outcomes that its next turn records. */
import type { Infer } from "convex/values";
import type { Id } from "../_generated/dataModel";
import { webhookAllowHttp } from "../lib/env.lib";
import { refusalOf } from "./address.lib";
import type { Outcome } from "./outcome.lib";
import { failed, send, type Delivery } from "./request.lib";
import { unseal } from "./seal.lib";
import { signingKey } from "./signature.lib";
import type { Batch, served } from "./turn.lib";

/** Milliseconds that an outcome waits for others, so that one turn records many. */
const GATHER_MS = 20;

type EndpointId = Id<"webhookEndpoints">;
type Served = Infer<typeof served>;

export class Requests {
  /** The deliveries in flight by endpoint. */
  private readonly sending = new Map<EndpointId, Set<Id<"webhookDeliveries">>>();
  private outcomes = new Map<EndpointId, Outcome[]>();
  private readonly keys = new Map<string, CryptoKey>();
  private onOutcome = (): void => undefined;
  private inFlight = 0;
  /** Characters of the bodies in flight. */
  private characters = 0;
  /** The number of outcomes since the last report. */
  private ended = 0;

  /** The number of requests in flight and of outcomes that were not reported. */
  get size(): number {
    return this.inFlight + this.ended;
  }

  /** Returns the outcomes since the last report, and what is in flight. */
  report(): { served: Served[]; characters: number } {
    const outcomes = this.outcomes;
    this.outcomes = new Map();
    this.ended = 0;
    const endpoints = new Set([...outcomes.keys(), ...this.sending.keys()]);
    const served = [...endpoints].map((endpointId) => ({
      endpointId,
      outcomes: outcomes.get(endpointId) ?? [],
      sending: [...(this.sending.get(endpointId) ?? [])],
    }));
    return { served, characters: this.characters };
  }

  /** Begins requests. */
  begin({ endpoints, events, deliveries }: Batch): void {
    const bodies = new Map(events.map(({ eventId, body }) => [eventId, body]));
    const targets = new Map(endpoints.map((endpoint) => [endpoint.endpointId, endpoint]));
    for (const delivery of deliveries) {
      const target = targets.get(delivery.endpointId);
      const body = bodies.get(delivery.eventId);
      // A batch has the endpoint and the event of each delivery.
      if (target && body !== undefined) void this.run(target, { ...delivery, body });
    }
  }

  /** Resolves when it is time for the next turn. */
  async progress({ paceMs, pollMs }: Pick<Batch, "paceMs" | "pollMs">): Promise<void> {
    if (paceMs !== undefined) return this.until(() => false, paceMs);
    await this.until(() => this.ended > 0, pollMs);
    if (this.ended > 0) await this.until(() => this.inFlight === 0, GATHER_MS);
  }

  private async run(endpoint: Batch["endpoints"][number], delivery: Delivery): Promise<void> {
    const { endpointId, deliveryId } = delivery;
    const ids = this.sending.get(endpointId) ?? new Set();
    this.sending.set(endpointId, ids.add(deliveryId));
    this.inFlight += 1;
    this.characters += delivery.body.length;
    const { url, keys, refusal } = await this.target(endpoint);
    const outcome =
      refusal === undefined
        ? await send(url, keys, delivery)
        : failed(delivery, Date.now(), `Not sent: ${refusal}`);
    ids.delete(deliveryId);
    if (ids.size === 0) this.sending.delete(endpointId);
    this.outcomes.set(endpointId, [...(this.outcomes.get(endpointId) ?? []), outcome]);
    this.inFlight -= 1;
    this.characters -= delivery.body.length;
    this.ended += 1;
    this.onOutcome();
  }

  /** Checked before each send: the rules, or the setting, may have changed since the registration. */
  private async target({ url, secrets }: Batch["endpoints"][number]): Promise<Target> {
    const refusal = refusalOf(url, webhookAllowHttp());
    if (refusal !== undefined) return { url, keys: [], refusal };
    try {
      return { url, keys: await Promise.all(secrets.map((sealed) => this.key(sealed))) };
    } catch (error) {
      return { url, keys: [], refusal: (error as Error).message };
    }
  }

  /** Imports each secret once. */
  private async key(sealed: string): Promise<CryptoKey> {
    const known = this.keys.get(sealed);
    if (known) return known;
    const key = await signingKey(await unseal(sealed));
    this.keys.set(sealed, key);
    return key;
  }

  private until(condition: () => boolean, ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      if (condition()) {
        resolve();
        return;
      }
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.onOutcome = () => {
        if (!condition()) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

interface Target {
  readonly url: string;
  readonly keys: readonly CryptoKey[];
  /** Why nothing may be sent there. */
  readonly refusal?: string;
}
