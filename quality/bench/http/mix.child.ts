/** The load generator for the mix, a process of its own. */
import { answerParent } from "../lib/children";
import { keepBusy } from "../lib/connections";
import type { Kind, Mix } from "./mix";
import { chooser } from "./mix";
import type { MixRequest } from "./requests";
import { Requests } from "./requests";
import type { Target } from "./target";

/** What the parent sends: a server that was named by `aim` before. */
export interface Turn {
  readonly target: string;
  readonly connections: number;
  readonly milliseconds: number;
  readonly mix: Mix;
}

/** What comes back. */
export interface Taken {
  readonly perSecond: number;
  /** Microseconds of the answers that were as expected, by the kind of request. */
  readonly latencies: Readonly<Partial<Record<Kind, readonly number[]>>>;
  /** Answers that were not. */
  readonly errors: number;
  /** The first of them: what was asked, and what was answered. */
  readonly firstError?: string;
}

interface Aimed {
  readonly port: number;
  readonly requests: Requests;
  /** Webhooks a millisecond on the turn before. */
  webhookRate: number;
}

const targets = new Map<string, Aimed>();

answerParent({
  aim({ name, target }: { name: string; target: Target }) {
    targets.set(name, { port: target.port, requests: new Requests(target), webhookRate: 0.1 });
  },
  async turn({ target, connections, milliseconds, mix }: Turn): Promise<Taken> {
    const aimed = targets.get(target);
    if (!aimed) throw new Error(`Nobody has aimed at ${target}`);
    const { port, requests } = aimed;
    const choose = chooser(mix);
    if (mix.webhook) requests.sign(Math.ceil(aimed.webhookRate * milliseconds));
    const latencies: Partial<Record<Kind, number[]>> = {};
    let [all, errors] = [0, 0];
    let firstError: string | undefined;
    const seconds = await keepBusy<MixRequest>({
      port,
      connections,
      milliseconds,
      next: () => requests.of(choose()),
      answered: ({ kind, text, expected }, took, answer) => {
        all++;
        if (answer.startsWith(expected)) (latencies[kind] ??= []).push(Math.round(took * 1_000));
        else {
          errors++;
          firstError ??= `${text.slice(0, text.indexOf("\r\n"))}: ${answer}`;
        }
      },
    });
    if (mix.webhook) aimed.webhookRate = ((latencies.webhook?.length ?? 0) * 1.1) / milliseconds;
    return { perSecond: all / seconds, latencies, errors, ...(firstError !== undefined && { firstError }) };
  },
});
