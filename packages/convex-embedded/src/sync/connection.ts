/**
 * One client's connection: its subscriptions, its versions and the transitions that it receives.
 *
 * The client's state has three versions: its query set, its identity, and the timestamp of the results. A `Transition` takes it
 * from one state to the next. All results of a transition are read at the same commit, so a client never sees half of a mutation:
 * its promise resolves with the first transition that has reached the mutation's timestamp.
 */
import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import { IssuerUnreachable } from "../auth/authErrors";
import { SyscallError } from "../exec/errors";
import type { Deployment } from "../protocol/deployment";
import { Inbox } from "./inbox";
import type { LiveQueries } from "./liveQueries";
import type { Outcome } from "./liveQuery";
import type { Authenticate, Connect, FunctionRequest, ModifyQuerySet } from "./messages";
import { encodeTs, parseMessage, ProtocolError } from "./messages";
import type { UnreadBytes } from "./outbox";
import { Outbox } from "./outbox";
import type { Reading } from "./readings";
import { Requests } from "./requests";
import { Overloaded, type SubscribedMemory } from "./subscribedMemory";
import type { Subscription } from "./subscriptions";
import { Subscriptions } from "./subscriptions";
import type { SyncCaller } from "./syncCaller";
import { ANONYMOUS, callerOf } from "./syncCaller";

/** After this time, queries that are still missing are read again at the newest commit. Milliseconds. */
const MAX_READING_MS = 5_000;
/** A message is sent at least this often. The client gives up after a minute of silence. */
const PING_MS = 5_000;
/** A client that sends nothing for this time is disconnected. It answers WebSocket pings without its own doing. */
const SILENCE_MS = 120_000;
/** A client that reads nothing for this time is disconnected. */
const STALL_MS = 30_000;

const INTERNAL_ERROR = "InternalServerError";

export interface ConnectionOptions {
  readonly deployment: Deployment;
  readonly queries: LiveQueries;
  readonly incoming: IncomingMessage;
  readonly unread: UnreadBytes;
  readonly subscribed: SubscribedMemory;
  /** Reports an error of the runtime. */
  readonly failed: (error: unknown) => void;
}

interface Version {
  readonly querySet: number;
  readonly identity: number;
  /** Nanoseconds since 1970 on the client's scale. */
  readonly ts: bigint;
}

export class Connection {
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #subscriptions: Subscriptions;
  #caller: SyncCaller = ANONYMOUS;
  #requests: Requests | null = null;
  /** The state that the client has. */
  #version: Version = { querySet: 0, identity: 0, ts: 0n };
  /** The versions that the client asked for. */
  #asked = { querySet: 0, identity: 0 };
  /** A transition is due even if no result has changed. */
  #due = false;
  #changed = false;
  #isUpdating = false;
  #updating: Promise<void> = Promise.resolve();
  /** Added to timestamps. Not 0 if the client has seen a later time than this server's clock. */
  #offset = 0n;
  #clockSkew: number | null = null;

  constructor(
    socket: WebSocket,
    private readonly options: ConnectionOptions,
  ) {
    // An error closes the connection; there is nothing else to do.
    socket.on("error", () => undefined);
    this.#outbox = new Outbox(socket, options.unread);
    this.#subscriptions = new Subscriptions(options.queries, options.subscribed, () => this.#update());
    this.#inbox = new Inbox(socket, async (text) => {
      await this.#handle(text).catch((error: unknown) => this.#fail(error));
      // A client that does not read its responses is not read either.
      await this.#outbox.drained();
    });
    socket.on("close", () => this.#subscriptions.clear());
  }

  /** Sends a ping if it is due, and disconnects a client that is gone. @param now milliseconds of `performance.now`. */
  tick(now: number): void {
    const silence = now - this.#inbox.lastReceived;
    if (silence > SILENCE_MS || this.#outbox.stalledMs(now) > STALL_MS) this.#outbox.terminate();
    else if (now - this.#outbox.lastSent >= PING_MS) this.#outbox.ping(silence > SILENCE_MS / 4);
  }

  /** Finishes the requests in progress, sends their results and closes the connection. The client reconnects. */
  async drain(): Promise<void> {
    this.#inbox.stop();
    await this.#requests?.stop();
    await this.#updating;
    this.#outbox.close(1001, "Server is shutting down");
  }

  terminate(): void {
    this.#outbox.terminate();
  }

  async #handle(text: string): Promise<void> {
    const message = parseMessage(text);
    if (message.type === "Connect") {
      this.#connect(message);
      return;
    }
    if (this.#requests === null) throw new ProtocolError("The first message must be `Connect`.");
    switch (message.type) {
      case "Authenticate":
        return this.#authenticate(message);
      case "ModifyQuerySet":
        this.#modifyQuerySet(message);
        return;
      case "Mutation":
      case "Action":
        return this.#request(this.#requests, message);
      case "Event":
        return;
    }
  }

  #connect({ sessionId, clientTs, maxObservedTimestamp }: Connect): void {
    if (this.#requests !== null) throw new ProtocolError("`Connect` may be sent only once.");
    const { deployment, queries, incoming } = this.options;
    const { ts } = queries.now();
    if (maxObservedTimestamp !== null && maxObservedTimestamp > ts) this.#offset = maxObservedTimestamp - ts;
    if (clientTs !== null) this.#clockSkew = clientTs - deployment.engine().clock();
    this.#requests = new Requests({
      deployment,
      incoming,
      session: sessionId,
      respond: (response) => this.#outbox.send(response),
      mutated: (respond) => {
        this.#outbox.send(respond(encodeTs(this.#timestamp(queries.now().ts))));
        // The client waits for a transition that has reached this timestamp, whether or not one of its queries changed.
        this.#due = true;
        this.#update();
      },
      failed: (error) => this.#fail(error),
    });
  }

  async #authenticate(message: Authenticate): Promise<void> {
    const { identity } = this.#asked;
    if (message.baseVersion !== identity) throw wrongBase("Authenticate", message.baseVersion, identity);
    try {
      this.#caller = await callerOf(this.options.deployment, message);
    } catch (error) {
      if (!(error instanceof SyscallError) || error instanceof IssuerUnreachable) throw error;
      this.#refuseIdentity(error.message, true);
      return;
    }
    this.#asked = { ...this.#asked, identity: identity + 1 };
    this.#subscriptions.setCaller(this.#caller);
    this.#update();
  }

  #modifyQuerySet({ baseVersion, newVersion, modifications }: ModifyQuerySet): void {
    const { querySet } = this.#asked;
    if (baseVersion !== querySet || newVersion <= baseVersion) {
      throw wrongBase("ModifyQuerySet", baseVersion, querySet);
    }
    this.#subscriptions.modify(modifications, this.#caller);
    this.#asked = { ...this.#asked, querySet: newVersion };
    this.#update();
  }

  async #request(requests: Requests, message: FunctionRequest): Promise<void> {
    if (this.#isExpired()) return;
    if (message.type === "Mutation") await requests.mutation(message, this.#caller);
    else requests.action(message, this.#caller);
  }

  /** Schedules a transition. Changes that follow before it begins become part of it. */
  #update(): void {
    this.#changed = true;
    if (this.#isUpdating) return;
    this.#isUpdating = true;
    this.#updating = this.#sendUpdates().catch((error: unknown) => this.#fail(error));
  }

  async #sendUpdates(): Promise<void> {
    try {
      // Commits and messages of the same turn share a transition.
      await new Promise(setImmediate);
      while (this.#changed && this.#outbox.isOpen) {
        await this.#outbox.drained();
        this.#changed = false;
        if (this.#isExpired()) return;
        await this.#sendUpdate();
      }
    } finally {
      this.#isUpdating = false;
    }
  }

  async #sendUpdate(): Promise<void> {
    const { queries } = this.options;
    const due = this.#due;
    this.#due = false;
    const asked = this.#asked;
    const subscriptions = this.#subscriptions.list();
    const removed = this.#subscriptions.takeRemoved();
    let now = queries.now();
    let outcomes = subscriptions.map(({ query }) => query.at(now));
    if (outcomes.includes(null)) {
      const reading = await queries.readings.acquire();
      try {
        now = reading;
        outcomes = await this.#read(subscriptions, reading);
      } finally {
        queries.readings.release(reading);
      }
    }
    if (outcomes.includes(null)) {
      // Out of time, or the client is gone. The results so far stay valid unless a commit changes them.
      this.#due ||= due;
      this.#subscriptions.putBackRemoved(removed);
      this.#changed = true;
      return;
    }
    const modifications = removed.map((queryId) => `{"type":"QueryRemoved","queryId":${queryId}}`);
    for (const [i, subscription] of subscriptions.entries()) {
      // Safe: no outcome is missing.
      const outcome = outcomes[i] as Outcome;
      const change = this.#subscriptions.deliver(subscription, outcome);
      if (change !== null) modifications.push(change);
    }
    const { querySet, identity } = this.#version;
    const isSame = querySet === asked.querySet && identity === asked.identity;
    if (isSame && !due && modifications.length === 0) return;
    this.#sendTransition({ ...asked, ts: this.#timestamp(now.ts) }, modifications);
  }

  /** Returns the results in the order of the subscriptions, `null` for those that took too long. */
  async #read(subscriptions: readonly Subscription[], reading: Reading): Promise<(Outcome | null)[]> {
    const { queries } = this.options;
    const deadline = performance.now() + MAX_READING_MS;
    const outcomes: (Outcome | null)[] = [];
    for (const { query } of subscriptions) {
      const known = query.at(reading);
      const mayRun = this.#outbox.isOpen && performance.now() < deadline;
      outcomes.push(known ?? (mayRun ? await queries.read(query, reading) : null));
    }
    return outcomes;
  }

  #sendTransition(next: Version, modifications: readonly string[]): void {
    const start = this.#version;
    // Timestamps never decrease.
    const end = next.ts < start.ts ? { ...next, ts: start.ts } : next;
    this.#version = end;
    const { engine } = this.options.queries.now();
    const skew =
      this.#clockSkew === null
        ? ""
        : `,"clientClockSkew":${this.#clockSkew},"serverTs":${Math.trunc(engine.clock()) * 1_000_000}`;
    this.#outbox.sendTransition(
      `{"type":"Transition","startVersion":${encoded(start)},"endVersion":${encoded(end)},` +
        `"modifications":[${modifications.join(",")}]${skew}}`,
    );
  }

  #timestamp(ts: bigint): bigint {
    return ts + this.#offset;
  }

  /** If the caller's token has expired, tells the client to get a new one. */
  #isExpired(): boolean {
    if (this.#caller.expires > this.options.deployment.engine().clock()) return false;
    this.#refuseIdentity("Token expired", false);
    return true;
  }

  /** @param authUpdateAttempted true if the client has just sent the token. */
  #refuseIdentity(error: string, authUpdateAttempted: boolean): void {
    this.#outbox.send({ type: "AuthError", error, baseVersion: this.#asked.identity, authUpdateAttempted });
    this.#inbox.stop();
    this.#outbox.close(1000, "AuthError");
  }

  #fail(error: unknown): void {
    this.#inbox.stop();
    if (error instanceof ProtocolError) {
      this.#outbox.send({ type: "FatalError", error: error.message });
      this.#outbox.close(1008);
      return;
    }
    // The client reconnects after a while.
    if (error instanceof Overloaded) {
      this.#outbox.close(1013, error.message);
      return;
    }
    if (!(error instanceof IssuerUnreachable)) this.options.failed(error);
    this.#outbox.close(1011, INTERNAL_ERROR);
  }
}

function encoded({ querySet, identity, ts }: Version): string {
  return `{"querySet":${querySet},"identity":${identity},"ts":"${encodeTs(ts)}"}`;
}

function wrongBase(type: string, base: number, current: number): ProtocolError {
  return new ProtocolError(`${type} has base version ${base}, but the current version is ${current}.`);
}
