/** Sends requests over several connections at once and collects the findings. */
import { single, volley, type Address, type Volley } from "./connection";
import { replyProblem } from "./replyCheck";
import type { GeneratedRequest } from "./requests/generate";

export type Finding = { request: GeneratedRequest; what: string };

export type Outcome = {
  sent: number;
  /** Replies by status; `none` counts malformed requests without a reply. */
  statuses: Map<number | "none", number>;
  findings: Finding[];
};

/** Connections at the same time. */
const CONNECTIONS = 8;
/** Requests in one volley on a connection. */
const VOLLEY = 8;
/** A reply can be lost if the server closes the connection before it has read the body, so requests are repeated. */
const ATTEMPTS = 4;
/** A run stops after this many findings. */
const MAX_FINDINGS = 20;

/** Sends `count` requests. @param alive returns whether the server is running. */
export async function sendAll(
  address: Address,
  requests: Iterator<GeneratedRequest>,
  count: number,
  alive: () => boolean,
): Promise<Outcome> {
  const outcome: Outcome = { sent: 0, statuses: new Map(), findings: [] };
  const work = async () => {
    while (outcome.sent < count && outcome.findings.length < MAX_FINDINGS && alive()) {
      const batch: GeneratedRequest[] = [];
      while (batch.length < VOLLEY && outcome.sent < count) {
        const { value } = requests.next() as IteratorYieldResult<GeneratedRequest>;
        batch.push(value);
        outcome.sent++;
      }
      await inOrder(
        address,
        batch.filter(({ alone }) => !alone),
        outcome,
      );
      for (const request of batch.filter(({ alone }) => alone)) await separately(address, request, outcome);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  return outcome;
}

async function inOrder(address: Address, requests: GeneratedRequest[], outcome: Outcome): Promise<void> {
  let left = requests;
  for (let attempt = 1; left.length > 0; attempt++) {
    // If one request ends the connection, replies to earlier ones may be lost too. The rest are repeated one by one.
    const { replies, end } = await volley(address, attempt === 1 ? left : left.slice(0, 1));
    for (const [at, reply] of replies.entries()) await note(outcome, left[at] as GeneratedRequest, reply);
    left = left.slice(replies.length);
    const [first] = left;
    if (replies.length > 0) attempt = 0;
    else if (first && (attempt === ATTEMPTS || !isClosed(end))) {
      outcome.findings.push({ request: first, what: `the request was not answered: ${end}` });
      left = left.slice(1);
      attempt = 0;
    }
  }
}

async function separately(address: Address, request: GeneratedRequest, outcome: Outcome): Promise<void> {
  const { replies, end } = await single(address, request);
  for (const reply of replies) await note(outcome, request, reply);
  if (replies.length === 0) count(outcome, "none");
  if (!isClosed(end)) outcome.findings.push({ request, what: `the connection ended with: ${end}` });
}

const isClosed = (end: Volley["end"]) => ["answered", "closed", "ECONNRESET", "EPIPE"].includes(end);

async function note(
  outcome: Outcome,
  request: GeneratedRequest,
  reply: Volley["replies"][number],
): Promise<void> {
  count(outcome, reply.status);
  const what = await replyProblem(request, reply);
  if (what !== undefined) outcome.findings.push({ request, what });
}

function count({ statuses }: Outcome, status: number | "none"): void {
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
}
