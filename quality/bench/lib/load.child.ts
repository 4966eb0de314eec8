/** The load generator for requests of one kind, in a separate process. */
import { answerParent } from "./children";
import { keepBusy } from "./connections";
import { percentile } from "./statistics";

/** A request of the parent to load a server. */
export interface Load {
  readonly port: number;
  readonly connections: number;
  readonly milliseconds: number;
  /** Whole HTTP requests, sent in random order. */
  readonly requests: readonly string[];
  /** The beginning of every correct answer, such as `HTTP/1.1 200`. */
  readonly expected: string;
}

/** The result of a load. */
export interface Loaded {
  readonly perSecond: number;
  /** The median latency in milliseconds. */
  readonly median: number;
  /** The 99th percentile of the latency in milliseconds. */
  readonly p99: number;
}

async function generate({ requests, expected, ...load }: Load): Promise<Loaded> {
  const latencies: number[] = [];
  const seconds = await keepBusy({
    ...load,
    next: () => ({ text: requests[Math.floor(Math.random() * requests.length)] ?? "", expected }),
    answered: (_shot, milliseconds, answer) => {
      if (!answer.startsWith(expected))
        throw new Error(`The answer does not begin with ${expected}:\n${answer}`);
      latencies.push(milliseconds);
    },
  });
  latencies.sort((a, b) => a - b);
  const [median, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)];
  return { perSecond: latencies.length / seconds, median, p99 };
}

answerParent({ load: generate });
