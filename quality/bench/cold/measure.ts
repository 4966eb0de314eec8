/** Runs the candidates in interleaved rounds, with a new context for each request. */
import { bundleHttp, type Graph } from "./bundle";
import { calls, ENV, type Call, type Candidate } from "./candidates";
import {
  type Answers,
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

export type Subject = { candidate: Candidate; graph: Graph; codeCache: Buffer };

/** The milliseconds of every round. */
export type Times = Record<Mode, number[]>;

type Run = { subject: Subject; times: Times };

const WARM_UP_ROUNDS = 10;

/** Bundles a candidate for the project in `dir`, and checks that it does the same work as the others. */
export async function prepare(dir: string, candidate: Candidate): Promise<Subject> {
  const { create, others, unknownKey } = await calls();
  const graph = await bundleHttp(dir, candidate.http);

  const check = async (what: string, call: Call, answers: Answers): Promise<void> => {
    try {
      await send(await loadModules(createIsolate(answers, ENV), graph), call);
    } catch (error) {
      throw new Error(`${candidate.name} fails at ${what}`, { cause: error });
    }
  };
  for (const [what, call] of Object.entries(others)) await check(what, call, candidate.answers);
  await check("an unknown key", unknownKey, { ...candidate.answers, ...candidate.unknownKey });

  const isolate = createIsolate(candidate.answers, ENV);
  const codeCache = await codeCacheOf(isolate, graph, (router) => send(router, create));
  return { candidate, graph, codeCache };
}

async function send(router: Router, call: Call): Promise<void> {
  const response = await invoke(router, call.request());
  call.check(response, await response.text());
}

/**
 * Measures all subjects once a round, in random order, so that other work of the machine affects all alike. Collects garbage
 * between the rounds, because otherwise one candidate would pay for the contexts of another.
 */
export async function measure<const Subjects extends readonly Subject[]>(
  subjects: Subjects,
  rounds: number,
): Promise<{ [Index in keyof Subjects]: Times }> {
  const { create } = await calls();
  const runs = subjects.map((subject): Run => ({ subject, times: { source: [], cached: [] } }));
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    globalThis.gc?.();
    for (const mode of MODES) {
      for (const { subject, times } of shuffled(runs)) {
        const elapsed = await coldRequest(subject, mode, create);
        if (round >= 0) times[mode].push(elapsed);
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
  { candidate, graph, codeCache }: Subject,
  mode: Mode,
  call: Call,
): Promise<number> {
  const isolate = createIsolate(candidate.answers, ENV);
  const request = call.request();

  const started = performance.now();
  const router =
    mode === "source" ? await loadModules(isolate, graph) : loadCached(isolate, graph, codeCache);
  const response = await invoke(router, request);
  const body = await response.text();
  const elapsed = performance.now() - started;

  call.check(response, body);
  return elapsed;
}
