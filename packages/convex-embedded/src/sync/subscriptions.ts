/** The queries that one client subscribes to, and the results that it has. */
import type { JSONValue } from "convex/values";
import type { LiveQueries } from "./liveQueries";
import type { LiveQuery, Outcome } from "./liveQuery";
import type { AddQuery, ModifyQuerySet } from "./messages";
import { ProtocolError } from "./messages";
import type { SubscribedMemory } from "./subscribedMemory";
import type { SyncCaller } from "./syncCaller";

/** Queries of one client at the same time. */
const MAX_QUERIES = 4096;
/** The names and arguments of all queries of one client, in characters. */
const MAX_CHARACTERS = 4 * 1024 * 1024;
/** The memory of a subscription without its name and arguments, in characters. */
const OVERHEAD_CHARACTERS = 1024;
/** The results of all queries of one client, in characters. */
const MAX_RESULT_CHARACTERS = 32 * 1024 * 1024;

const TOO_MUCH = `The results of a client's queries may have at most ${MAX_RESULT_CHARACTERS} characters together.`;

export interface Subscription {
  readonly queryId: number;
  /** The length of its name, arguments and journal. */
  readonly characters: number;
  /** Receives the changes of `query`. */
  readonly changed: () => void;
  query: LiveQuery;
  /** The result that the client has. */
  delivered: Outcome | null;
}

export class Subscriptions {
  readonly #byId = new Map<number, Subscription>();
  #removed: number[] = [];
  #characters = 0;
  #resultCharacters = 0;

  /** @param memory of all clients. @param changed called when the result of a query may have changed. */
  constructor(
    private readonly queries: Pick<LiveQueries, "subscribe" | "unsubscribe">,
    private readonly memory: SubscribedMemory,
    private readonly changed: () => void,
  ) {}

  list(): readonly Subscription[] {
    return [...this.#byId.values()];
  }

  /** Returns the queries that were removed since the last call. The client does not know yet that the server has removed them. */
  takeRemoved(): readonly number[] {
    const removed = this.#removed;
    this.#removed = [];
    return removed;
  }

  putBackRemoved(removed: readonly number[]): void {
    // A spread in a call would exceed the stack: a client can remove any number of queries.
    this.#removed = [...removed, ...this.#removed];
  }

  /**
   * @throws ProtocolError for an id that is in use or unknown, or for too many queries of this client.
   * @throws Overloaded for too many queries of all clients.
   */
  modify(modifications: ModifyQuerySet["modifications"], caller: SyncCaller): void {
    for (const modification of modifications) {
      if (modification.type === "Remove") this.#remove(modification.queryId);
      else this.#add(modification, caller);
    }
  }

  /** Subscribes to all queries again as another caller. */
  setCaller(caller: SyncCaller): void {
    for (const subscription of this.#byId.values()) {
      const { query, changed } = subscription;
      const call = { ...query.call, caller, journal: query.journal };
      subscription.query = this.queries.subscribe(call, changed);
      if (subscription.query !== query) this.queries.unsubscribe(query, changed);
    }
  }

  clear(): void {
    for (const { query, changed, characters } of this.#byId.values()) {
      this.memory.remove(characters + OVERHEAD_CHARACTERS);
      this.queries.unsubscribe(query, changed);
    }
    this.#byId.clear();
  }

  /** Records that the client gets a result. @returns the modification as JSON text, `null` if the client has that result. */
  deliver(subscription: Subscription, outcome: Outcome): string | null {
    const { queryId, delivered } = subscription;
    // The client may have removed the query meanwhile.
    if (this.#byId.get(queryId) !== subscription) return null;
    subscription.delivered = outcome;
    this.#resultCharacters += outcome.members.length - (delivered?.members.length ?? 0);
    if (this.#resultCharacters > MAX_RESULT_CHARACTERS) throw new ProtocolError(TOO_MUCH);
    if (delivered !== null && delivered.type === outcome.type && delivered.members === outcome.members)
      return null;
    return `{"type":"${outcome.type}","queryId":${queryId},${outcome.members}}`;
  }

  #add({ queryId, journal, udfPath, args, component }: AddQuery, caller: SyncCaller): void {
    if (this.#byId.has(queryId)) throw new ProtocolError(`Query ${queryId} is already in the query set.`);
    const characters = udfPath.length + component.length + lengthOf(args) + (journal?.length ?? 0);
    if (this.#byId.size >= MAX_QUERIES) {
      throw new ProtocolError(`A client may subscribe to at most ${MAX_QUERIES} queries.`);
    }
    if (this.#characters + characters > MAX_CHARACTERS) {
      throw new ProtocolError(
        `The names and arguments of a client's queries may have at most ${MAX_CHARACTERS} characters.`,
      );
    }
    this.memory.add(characters + OVERHEAD_CHARACTERS);
    this.#characters += characters;
    // Each subscription has a function of its own, because a client may subscribe to the same query twice.
    const changed = (): void => this.changed();
    const query = this.queries.subscribe({ caller, udfPath, args, component, journal }, changed);
    this.#byId.set(queryId, { queryId, characters, changed, query, delivered: null });
  }

  #remove(queryId: number): void {
    const subscription = this.#byId.get(queryId);
    if (subscription === undefined) throw new ProtocolError(`Query ${queryId} is not in the query set.`);
    this.#byId.delete(queryId);
    this.memory.remove(subscription.characters + OVERHEAD_CHARACTERS);
    this.#characters -= subscription.characters;
    this.#resultCharacters -= subscription.delivered?.members.length ?? 0;
    this.#removed.push(queryId);
    this.queries.unsubscribe(subscription.query, subscription.changed);
  }
}

/** @throws ProtocolError for values that are nested too deeply to be arguments. */
function lengthOf(args: JSONValue): number {
  try {
    return JSON.stringify(args).length;
  } catch {
    throw new ProtocolError("The arguments are nested too deeply.");
  }
}
