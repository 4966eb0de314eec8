/** Accepts WebSocket connections. */
import { STATUS_CODES, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocketServer } from "ws";
import type { OriginRule } from "../http/allowedOrigins";
import { pathAndQuery } from "../http/target";
import type { Deployment } from "../protocol/deployment";
import { Connection } from "./connection";
import { LiveQueries } from "./liveQueries";
import { UnreadBytes } from "./outbox";
import { SubscribedMemory } from "./subscribedMemory";

/** The limit of one message, as for HTTP requests. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** Connections at the same time. */
const MAX_CONNECTIONS = 10_000;
/** How often connections are checked for silence. Milliseconds. */
const TICK_MS = 2_500;
/** How long a client may take to answer the close of its connection. Milliseconds. */
const CLOSE_MS = 250;

export interface SocketOptions {
  /** Connections that arrive earlier wait for it. */
  readonly deployment: Promise<Deployment>;
  /** Which pages may open a WebSocket. */
  readonly allows: OriginRule;
  /** The limit of all current results together, in characters. Default 256 Mi. */
  readonly maxResultCharacters?: number | undefined;
  /** Reports errors of the server, but not of the client. */
  readonly failed: (request: string, error: unknown) => void;
}

export class SyncSockets {
  readonly #open = new Map<Connection, Promise<void>>();
  readonly #unread = new UnreadBytes();
  readonly #subscribed = new SubscribedMemory();
  #queries: LiveQueries | null = null;
  #closing = false;
  #server: Promise<WebSocketServer> | null = null;
  #ticks: NodeJS.Timeout | null = null;

  constructor(private readonly options: SocketOptions) {}

  /** The number of open connections. */
  get size(): number {
    return this.#open.size;
  }

  /** The number of subscribed queries, each counted once however many connections share it. */
  get queryCount(): number {
    return this.#queries?.size ?? 0;
  }

  /** Takes over a connection that asks for a WebSocket. */
  readonly upgrade = (incoming: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // Node has removed its own listener, and an unhandled `error` event would end the process.
    socket.on("error", () => undefined);
    this.#upgrade(incoming, socket, head).catch((error: unknown) => {
      this.options.failed(`GET ${incoming.url ?? ""}`, error);
      socket.destroy();
    });
  };

  /** Runs all subscribed queries again, because a new build is in service. */
  rebuilt(): void {
    this.#queries?.rebuilt();
  }

  /**
   * Accepts no new connections, finishes the requests in progress and closes all connections.
   *
   * @param graceMs milliseconds after which the remaining connections are destroyed.
   */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    const cut = setTimeout(() => {
      for (const connection of this.#open.keys()) connection.terminate();
    }, graceMs);
    for (const connection of this.#open.keys()) {
      void connection.drain().then(() => setTimeout(() => connection.terminate(), CLOSE_MS).unref());
    }
    await Promise.all(this.#open.values());
    clearTimeout(cut);
    if (this.#ticks !== null) clearInterval(this.#ticks);
  }

  async #upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const target = pathAndQuery(incoming.url ?? "");
    if (target === null || !isSyncPath(target)) {
      refuse(socket, 404);
      return;
    }
    const { origin } = incoming.headers;
    if (origin !== undefined && !this.options.allows(origin)) {
      refuse(socket, 403);
      return;
    }
    const [server, deployment] = await Promise.all([(this.#server ??= newServer()), this.options.deployment]);
    if (this.#closing || this.#open.size >= MAX_CONNECTIONS) {
      refuse(socket, 503);
      return;
    }
    const queries = (this.#queries ??= new LiveQueries(deployment, this.options.maxResultCharacters));
    server.handleUpgrade(incoming, socket, head, (opened) => {
      const failed = (error: unknown): void => this.options.failed(`WebSocket ${target}`, error);
      const connection = new Connection(opened, {
        deployment,
        queries,
        incoming,
        unread: this.#unread,
        subscribed: this.#subscribed,
        failed,
      });
      const closed = new Promise<void>((resolve) => {
        opened.on("close", () => {
          this.#open.delete(connection);
          resolve();
        });
      });
      this.#open.set(connection, closed);
      this.#ticks ??= setInterval(() => this.#tick(), TICK_MS).unref();
    });
  }

  #tick(): void {
    const now = performance.now();
    for (const connection of this.#open.keys()) connection.tick(now);
  }
}

async function newServer(): Promise<WebSocketServer> {
  // Loaded on demand, because few servers need it.
  const { WebSocketServer } = await import("ws");
  return new WebSocketServer({ noServer: true, clientTracking: false, maxPayload: MAX_MESSAGE_BYTES });
}

function refuse(socket: Duplex, status: number): void {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}

/** True for the path that clients connect to: `/api/1.48.0/sync`. @param target path and query. */
function isSyncPath(target: string): boolean {
  return /^\/api\/(?:[^/?]+\/)?sync(?:\?|$)/.test(target);
}
