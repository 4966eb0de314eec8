/**
 * A client on a WebSocket that subscribes to lists and runs mutations. It reconnects after a kill and sends unanswered mutations again,
 * which must then run exactly once.
 */
import { BaseConvexClient } from "convex/browser";
import type { Value } from "convex/values";
import type { Random } from "../../../packages/convex-embedded/fixtures/random";
import { WebSocket } from "../../../packages/convex-embedded/fixtures/webSocket";
import type { Transaction } from "../check/history";
import { shown } from "../check/lists";
import type { Result } from "../project/convex/transactions";
import type { Epoch } from "./epoch";
import { planOf } from "./plan";

const SUBSCRIBED = 4;

export class LiveClient {
  readonly #client: BaseConvexClient;
  /** The subscribed lists, with the functions that end the subscriptions. */
  readonly #subscribed = new Map<string, () => void>();
  /** The transactions before the next result: the last result, and the mutations that were acknowledged since. */
  #after: Transaction[] = [];
  #onResult: () => void = () => undefined;

  constructor(
    private readonly epoch: Epoch,
    private readonly name: string,
    private readonly random: Random,
  ) {
    this.#client = new BaseConvexClient(epoch.server.apiUrl, () => this.#received(), {
      // The package accepts any implementation of the browser's interface.
      webSocketConstructor: WebSocket as unknown as typeof globalThis.WebSocket,
      logger: false,
    });
    this.#subscribe();
  }

  /** Runs mutations until the epoch is over. */
  async work(): Promise<void> {
    const { recorder, keys } = this.epoch;
    while (!this.epoch.isOver()) {
      this.#subscribe();
      const steps = planOf(this.random, keys);
      const startedAt = recorder.now();
      // Safe: steps are plain values. Their types are read-only, which those of the client are not.
      const args = { steps: steps as unknown as Value[], fails: false };
      const results = (await this.#client.mutation("transactions:run", args)) as Result[];
      this.#after.push(recorder.mutation(this.name, steps, startedAt, { status: "done", value: results }));
    }
  }

  /** Resolves when the subscribed lists have their final values. @param final by key. */
  async untilCurrent(final: ReadonlyMap<string, readonly number[]>): Promise<void> {
    const isCurrent = (): boolean =>
      [...this.#subscribed.keys()].every((key) => this.#list(key)?.join() === final.get(key)?.join());
    while (!isCurrent()) await new Promise<void>((resolve) => (this.#onResult = resolve));
  }

  /** Describes the subscribed lists, for a report. */
  state(): string {
    const lists = [...this.#subscribed.keys()].map((key) => `${key} = ${shown(this.#list(key) ?? [])}`);
    return `${this.name} shows ${lists.join(", ")}`;
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /** Subscribes to as many lists as before, without those that are no longer appended to. */
  #subscribe(): void {
    const { keys } = this.epoch;
    for (const [key, unsubscribe] of this.#subscribed) {
      if (keys.isActive(key)) continue;
      this.#subscribed.delete(key);
      unsubscribe();
    }
    while (this.#subscribed.size < SUBSCRIBED) {
      const key = keys.pick(this.random);
      if (this.#subscribed.has(key)) continue;
      this.#subscribed.set(key, this.#client.subscribe("transactions:read", argsOf(key)).unsubscribe);
    }
  }

  /** All results of a client are of one moment. */
  #received(): void {
    const keys = [...this.#subscribed.keys()].filter((key) => this.#list(key) !== undefined);
    const lists = keys.map((key) => this.#list(key) ?? []);
    this.#after = [this.epoch.recorder.live(this.name, keys, lists, this.#after)];
    this.#onResult();
  }

  #list(key: string): readonly number[] | undefined {
    // Safe: the query returns one list for each key.
    const lists = this.#client.localQueryResult("transactions:read", argsOf(key)) as number[][] | undefined;
    return lists?.[0];
  }
}

const argsOf = (key: string) => ({ keys: [key], index: "by_key" });
