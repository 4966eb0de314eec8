/** The load generator for the mix, in a separate process. */
import { answerParent } from "../lib/children";
import { keepBusy } from "../lib/connections";
import type { Kind, Mix } from "./mix";
import { chooser } from "./mix";
import type { MixRequest } from "./requests";
import { Requests } from "./requests";
import type { Target } from "./target";

/** A request of the parent to load a server, which `aim` has named before. */
export interface Turn {
  readonly target: string;
  readonly connections: number;
  readonly milliseconds: number;
  readonly mix: Mix;
}

/** The result of a turn. */
export interface Taken {
  readonly perSecond: number;
  /** Latencies of correct answers in microseconds, by kind of request. */
  readonly latencies: Readonly<Partial<Record<Kind, readonly number[]>>>;
  /** The number of wrong answers. */
  readonly errors: number;
  /** The first wrong answer, with its request. */
  readonly firstError?: string;
}

interface Aimed {
  readonly port: number;
  readonly requests: Requests;
  /** Webhooks per millisecond in the last turn. */
  webhookRate: number;
}

const targets = new Map<string, Aimed>();

answerParent({
  aim({ name, target }: { name: string; target: Target }) {
    targets.set(name, { port: target.port, requests: new Requests(target), webhookRate: 0.1 });
  },
  async turn({ target, connections, milliseconds, mix }: Turn): Promise<Taken> {
    const aimed = targets.get(target);
    if (!aimed) throw new Error(`Call aim for ${target} first`);
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
