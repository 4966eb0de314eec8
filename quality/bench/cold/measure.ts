/** Runs the candidates in interleaved rounds, with a new context for each request. */
import { bundleHttp, type Graph } from "./bundle";
import { calls, ENV, KINDS, type Call, type Candidate, type Kind } from "./candidates";
import {
  type Answers,
  type CodeCache,
  codeCacheOf,
  createIsolate,
  invoke,
  loadCached,
  loadModules,
  type Router,
} from "./isolate";

/** `source` compiles every module from its text. `cached` loads V8's code cache, which includes all functions of a request. */
export const MODES = ["source", "cached"] as const;
type Mode = (typeof MODES)[number];

export type Subject = {
  candidate: Candidate;
  graph: Graph;
  /** A code cache for each kind of request, which holds the functions that such a request runs. */
  codeCaches: Record<Kind, CodeCache>;
};

/** The milliseconds of every round. */
export type Times = Record<Mode, Record<Kind, number[]>>;

type Run = { subject: Subject; times: Times };

/** Returns milliseconds since any start. */
export type Clock = () => number;

export const CLOCKS = {
  wall: () => performance.now(),
  /** The processor time of this process. Other processes on a busy machine disturb it less than the wall clock. */
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
} satisfies Record<string, Clock>;

const WARM_UP_ROUNDS = 10;

/** Bundles a candidate, and checks that it does the same work as the others. */
export async function prepare(candidate: Candidate): Promise<Subject> {
  const { measured, others, unknownKey } = await calls();
  const graph = await bundleHttp(candidate.dir, candidate.http);

  const check = async (what: string, call: Call, answers: Answers): Promise<void> => {
    try {
      await send(await loadModules(createIsolate(answers, ENV), graph), call);
    } catch (error) {
      throw new Error(`${candidate.name} fails at ${what}`, { cause: error });
    }
  };
  for (const [what, call] of Object.entries({ ...measured, ...others }))
    await check(what, call, candidate.answers);
  await check("an unknown key", unknownKey, { ...candidate.answers, ...candidate.unknownKey });

  const codeCaches: Partial<Record<Kind, CodeCache>> = {};
  for (const kind of KINDS) {
    const isolate = createIsolate(candidate.answers, ENV);
    codeCaches[kind] = await codeCacheOf(isolate, graph, (router) => send(router, measured[kind]));
  }
  // The loop has set every kind.
  return { candidate, graph, codeCaches: codeCaches as Record<Kind, CodeCache> };
}

async function send(router: Router, call: Call): Promise<void> {
  const response = await invoke(router, call.request());
  call.check(response, await response.text());
}

/**
 * Measures all subjects once a round, in random order, so that other work of the machine affects all alike. Collects garbage
 * between the rounds and new garbage before each request, because otherwise one candidate would pay for the contexts of another.
 */
export async function measure<const Subjects extends readonly Subject[]>(
  subjects: Subjects,
  rounds: number,
  now: Clock,
): Promise<{ [Index in keyof Subjects]: Times }> {
  const { measured } = await calls();
  const none = () => Object.fromEntries(KINDS.map((kind) => [kind, []])) as unknown as Times[Mode];
  const runs = subjects.map((subject): Run => ({ subject, times: { source: none(), cached: none() } }));
  const combinations = MODES.flatMap((mode) => KINDS.map((kind) => ({ mode, kind })));
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    globalThis.gc?.();
    for (const { mode, kind } of shuffled(combinations)) {
      for (const { subject, times } of shuffled(runs)) {
        const elapsed = await coldRequest(subject, mode, kind, measured[kind], now);
        if (round >= 0) times[mode][kind].push(elapsed);
      }
    }
  }
  // The type of `map` loses the length of the tuple.
  return runs.map(({ times }) => times) as { [Index in keyof Subjects]: Times };
}

function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ value }) => value);
}

/**
 * Returns the milliseconds from the text of the modules to the text of the response.
 *
 * Creating the context and the request is not measured: on Convex the platform does both, at the same cost for every candidate.
 */
async function coldRequest(
  { candidate, graph, codeCaches }: Subject,
  mode: Mode,
  kind: Kind,
  call: Call,
  now: Clock,
): Promise<number> {
  const isolate = createIsolate(candidate.answers, ENV);
  const request = call.request();

  globalThis.gc?.({ type: "minor" });
  const started = now();
  const router =
    mode === "source" ? await loadModules(isolate, graph) : loadCached(isolate, graph, codeCaches[kind]);
  const response = await invoke(router, request);
  const body = await response.text();
  const elapsed = now() - started;

  call.check(response, body);
  return elapsed;
}
