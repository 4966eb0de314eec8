/** Runs the mutations of a connection one after the other, and its actions at the same time. */
import type { IncomingMessage } from "node:http";
import { convexToJson } from "convex/values";
import type { Engine } from "../exec/engine";
import { SyscallError, toSyscallError } from "../exec/errors";
import { checkKind } from "../exec/findFunction";
import { runLoaded } from "../exec/run";
import { parseArguments } from "../exec/validation";
import { isUnavailable } from "../store/unavailable";
import type { Deployment } from "../protocol/deployment";
import { failureMessage, findCallable } from "../protocol/functions";
import type { FunctionRequest } from "./messages";
import type { MutationResult } from "./sessionRequests";
import { recordedResult, runOnce } from "./sessionRequests";
import type { SyncCaller } from "./syncCaller";
import { checkNotDenied, RequestFromSocket } from "./syncCaller";

/** Mutations that wait for earlier ones. Further ones stay unread. */
const MAX_WAITING = 64;
/** Actions that run at the same time. Further ones fail. */
const MAX_ACTIONS = 64;

export interface RequestsOptions {
  readonly deployment: Deployment;
  /** The request that opened the connection. */
  readonly incoming: IncomingMessage;
  readonly session: string;
  readonly respond: (response: object) => void;
  /** Called when a mutation is durable, after all queries that it changed are invalid. */
  readonly mutated: (respond: (ts: string) => object) => void;
  /** Reports an error of the runtime. */
  readonly failed: (error: unknown) => void;
}

export class Requests {
  #waiting = 0;
  #actions = 0;
  #lastMutation: Promise<void> = Promise.resolve();
  readonly #running = new Set<Promise<void>>();
  #stopped = false;
  #admitted: (() => void) | null = null;

  constructor(private readonly options: RequestsOptions) {}

  /** Queues a mutation. Resolves when the next message may be read. */
  async mutation(request: FunctionRequest, caller: SyncCaller): Promise<void> {
    this.#waiting++;
    this.#lastMutation = this.#lastMutation.then(async () => {
      // A client that reconnects sends it again.
      if (!this.#stopped) await this.#runMutation(request, caller);
      this.#waiting--;
      this.#admitted?.();
    });
    if (this.#waiting < MAX_WAITING) return;
    await new Promise<void>((resolve) => (this.#admitted = resolve));
    this.#admitted = null;
  }

  /** Starts an action. */
  action(request: FunctionRequest, caller: SyncCaller): void {
    const running = this.#runAction(request, caller).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Starts nothing more. Resolves when the requests in progress are answered. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([this.#lastMutation, ...this.#running]);
  }

  async #runMutation(request: FunctionRequest, caller: SyncCaller): Promise<void> {
    const { requestId } = request;
    const { deployment, incoming, session } = this.options;
    const engine = deployment.engine();
    const origin = new RequestFromSocket(incoming, engine, caller);
    try {
      const { result, logLines } = await this.#mutate(engine, request, caller, origin, {
        session,
        request: requestId,
      });
      const response = { type: "MutationResponse", requestId, success: true, result, logLines };
      this.options.mutated((ts) => ({ ...response, ts }));
    } catch (error) {
      this.#refuse("MutationResponse", requestId, engine, origin, error);
    }
  }

  async #mutate(
    engine: Engine,
    { udfPath: path, component, args }: FunctionRequest,
    caller: SyncCaller,
    origin: RequestFromSocket,
    request: { readonly session: string; readonly request: number },
  ): Promise<MutationResult> {
    checkNotDenied(caller);
    // The function may have changed or disappeared since the request ran.
    const snapshot = engine.store.snapshot();
    try {
      const recorded = recordedResult(engine, snapshot, request, origin.identity);
      if (recorded !== null) return recorded;
    } finally {
      snapshot.release();
    }
    const fn = await findCallable(engine, { component, path, kind: "mutation" }, caller.admin);
    checkKind(fn, { kind: "mutation" });
    return runOnce(engine, fn, args, origin, request);
  }

  async #runAction(request: FunctionRequest, caller: SyncCaller): Promise<void> {
    const { requestId, udfPath: path, component, args } = request;
    const { deployment, incoming, respond } = this.options;
    const engine = deployment.engine();
    const origin = new RequestFromSocket(incoming, engine, caller);
    this.#actions++;
    try {
      checkNotDenied(caller);
      if (this.#actions > MAX_ACTIONS) throw new SyscallError(TOO_MANY_ACTIONS);
      const fn = await findCallable(engine, { component, path, kind: "action" }, caller.admin);
      checkKind(fn, { kind: "action" });
      const result = convexToJson(await runLoaded(engine, fn, parseArguments(args), origin));
      respond({ type: "ActionResponse", requestId, success: true, result, logLines: origin.lines });
    } catch (error) {
      this.#refuse("ActionResponse", requestId, engine, origin, error);
    } finally {
      this.#actions--;
    }
  }

  #refuse(type: string, requestId: number, engine: Engine, origin: RequestFromSocket, thrown: unknown): void {
    if (!(thrown instanceof SyscallError) && !isUnavailable(thrown)) {
      this.options.failed(thrown);
      return;
    }
    const error = toSyscallError(thrown);
    this.options.respond({
      type,
      requestId,
      success: false,
      result: failureMessage(engine, origin.requestId, error),
      logLines: origin.lines,
      ...(error.data !== undefined && { errorData: error.data }),
    });
  }
}

const TOO_MANY_ACTIONS = `TooManyConcurrentRequests: a client may run at most ${MAX_ACTIONS} actions at the same time.`;
