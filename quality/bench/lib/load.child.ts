/** The load generator for requests that are all alike, a process of its own. */
import { answerParent } from "./children";
import { keepBusy } from "./connections";
import { percentile } from "./statistics";

/** What the parent sends. */
export interface Load {
  readonly port: number;
  readonly connections: number;
  readonly milliseconds: number;
  /** Whole HTTP requests; taken in random order. */
  readonly requests: readonly string[];
  /** What every answer begins with: `HTTP/1.1 200 OK`. */
  readonly expected: string;
}

/** What comes back. */
export interface Loaded {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly median: number;
  readonly p99: number;
}

async function generate({ requests, expected, ...load }: Load): Promise<Loaded> {
  const latencies: number[] = [];
  const seconds = await keepBusy({
    ...load,
    next: () => ({ text: requests[Math.floor(Math.random() * requests.length)] ?? "", expected }),
    answered: (_shot, milliseconds, answer) => {
      if (!answer.startsWith(expected)) throw new Error(`Not ${expected}, but\n${answer}`);
      latencies.push(milliseconds);
    },
  });
  latencies.sort((a, b) => a - b);
  const [median, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)];
  return { perSecond: latencies.length / seconds, median, p99 };
}

answerParent({ load: generate });
