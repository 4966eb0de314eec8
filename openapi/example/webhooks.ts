/** The receiver of a partner: it verifies each webhook, and processes each event once. */
import { Webhook } from "standardwebhooks";
import type { webhooks } from "./api";

/** The body of an event. The document also describes webhooks that the API receives, which have no `webhook-id`. */
type BodyOf<Operation> = Operation extends {
  post: {
    parameters: { header: { "webhook-id": string } };
    requestBody: { content: { "application/json": infer Body } };
  };
}
  ? Body
  : never;

/** An event. Its `type` selects the type of its `data`. */
export type Event = { [Type in keyof webhooks]: BodyOf<webhooks[Type]> }[keyof webhooks];

export interface Receiver {
  /** Adds a signing secret. During a rotation, both secrets are valid. */
  trust(secret: string): void;
  /** Answers one webhook. */
  receive(request: Request): Promise<Response>;
}

/**
 * Creates a receiver.
 *
 * @param process Is called once for each event. If it throws, the API sends the event again.
 * @param ignored Is called with the id of an event that has been processed before.
 */
export function createReceiver(
  process: (event: Event, id: string) => void | Promise<void>,
  ignored: (id: string) => void = () => undefined,
): Receiver {
  const verifiers: Webhook[] = [];
  // A real receiver stores the ids in its database, in the transaction that processes the event.
  const processed = new Set<string>();
  return {
    trust: (secret) => void verifiers.push(new Webhook(secret)),
    async receive(request) {
      const body = await request.text();
      const headers = Object.fromEntries(request.headers);
      if (!verifiers.some((verifier) => isVerified(verifier, body, headers)))
        return new Response(null, { status: 400 });
      const id = headers["webhook-id"] ?? "";
      if (processed.has(id)) {
        ignored(id);
        return new Response(null, { status: 204 });
      }
      processed.add(id);
      try {
        // The signature proves that the API wrote the body.
        await process(JSON.parse(body) as Event, id);
      } catch {
        processed.delete(id);
        return new Response(null, { status: 500 });
      }
      return new Response(null, { status: 204 });
    },
  };
}

function isVerified(verifier: Webhook, body: string, headers: Record<string, string>): boolean {
  try {
    verifier.verify(body, headers);
    return true;
  } catch {
    return false;
  }
}
