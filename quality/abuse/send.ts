/** Sends requests over several connections at once and collects the findings. */
import { single, volley, type Address, type Volley } from "./connection";
import { replyProblem } from "./replyCheck";
import type { GeneratedRequest } from "./requests/generate";

export type Finding = { request: GeneratedRequest; what: string };

export type Outcome = {
  sent: number;
  /** Replies by status; `none` where a broken request got none. */
  statuses: Map<number | "none", number>;
  findings: Finding[];
};

/** Connections at a time, and requests in one volley on each. */
const SIDES = 8;
const VOLLEY = 8;
/** A connection that the server closes over a body that it has not read may take the reply with it: ask again. */
const ATTEMPTS = 4;
/** After so many there is enough to look at. */
const MOST_FINDINGS = 20;

/** @param alive Whether there is still a server to ask. */
export async function sendAll(
  address: Address,
  requests: Iterator<GeneratedRequest>,
  count: number,
  alive: () => boolean,
): Promise<Outcome> {
  const outcome: Outcome = { sent: 0, statuses: new Map(), findings: [] };
  const side = async () => {
    while (outcome.sent < count && outcome.findings.length < MOST_FINDINGS && alive()) {
      const some: GeneratedRequest[] = [];
      while (some.length < VOLLEY && outcome.sent < count) {
        const { value } = requests.next() as IteratorYieldResult<GeneratedRequest>;
        some.push(value);
        outcome.sent++;
      }
      await inOrder(
        address,
        some.filter(({ alone }) => !alone),
        outcome,
      );
      for (const request of some.filter(({ alone }) => alone)) await byItself(address, request, outcome);
    }
  };
  await Promise.all(Array.from({ length: SIDES }, side));
  return outcome;
}

async function inOrder(address: Address, requests: GeneratedRequest[], outcome: Outcome): Promise<void> {
  let left = requests;
  for (let attempt = 1; left.length > 0; attempt++) {
    // Where one of them ends the connection it takes those before it along: they are asked again one by one.
    const { replies, end } = await volley(address, attempt === 1 ? left : left.slice(0, 1));
    for (const [at, reply] of replies.entries()) await note(outcome, left[at] as GeneratedRequest, reply);
    left = left.slice(replies.length);
    const [first] = left;
    if (replies.length > 0) attempt = 0;
    else if (first && (attempt === ATTEMPTS || !isClosed(end))) {
      outcome.findings.push({ request: first, what: `it was not answered: ${end}` });
      left = left.slice(1);
      attempt = 0;
    }
  }
}

async function byItself(address: Address, request: GeneratedRequest, outcome: Outcome): Promise<void> {
  const { replies, end } = await single(address, request);
  for (const reply of replies) await note(outcome, request, reply);
  if (replies.length === 0) count(outcome, "none");
  if (!isClosed(end)) outcome.findings.push({ request, what: `the connection ended so: ${end}` });
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
