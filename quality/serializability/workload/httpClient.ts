/** A client that runs one transaction after the other over HTTP. */
import type { Random } from "../../../packages/convex-embedded/fixtures/random";
import { below } from "../../../packages/convex-embedded/fixtures/random";
import type { Result } from "../project/convex/transactions";
import { call } from "./http";
import type { Epoch } from "./epoch";
import { planOf } from "./plan";

type ReadLists = readonly (readonly number[])[];

export class HttpClient {
  constructor(
    private readonly epoch: Epoch,
    private readonly name: string,
    private readonly random: Random,
  ) {}

  /** Runs transactions until the epoch is over. */
  async work(): Promise<void> {
    const { epoch, random } = this;
    while (!epoch.isOver()) {
      await epoch.server.ready();
      const choice = random();
      if (choice < 0.45) await this.#mutate(false);
      else if (choice < 0.52) await this.#mutate(true);
      else if (choice < 0.62) await this.#mutateThenRead();
      else await this.#read();
    }
  }

  async #mutate(fails: boolean): Promise<void> {
    const { recorder, keys, server } = this.epoch;
    const steps = planOf(this.random, keys);
    const startedAt = recorder.now();
    const outcome = await call<Result[]>(server.apiUrl, "mutation", "run", { steps, fails });
    recorder.mutation(this.name, steps, startedAt, outcome);
  }

  async #read(): Promise<void> {
    const { recorder, keys, server } = this.epoch;
    // Mostly one list, so that calls repeat and the query cache answers them.
    const asked = keys.several(this.random, this.random() < 0.6 ? 1 : 4);
    const startedAt = recorder.now();
    const args = { keys: asked, index: this.#index() };
    const outcome = await call<ReadLists>(server.apiUrl, "query", "read", args);
    if (outcome.status === "done") recorder.query(this.name, asked, startedAt, outcome.value);
  }

  /** An action whose mutation may have run although the action failed. */
  async #mutateThenRead(): Promise<void> {
    const { recorder, keys, server } = this.epoch;
    const steps = planOf(this.random, keys);
    const asked = keys.several(this.random, 2);
    const startedAt = recorder.now();
    const args = { steps, keys: asked, index: this.#index() };
    const outcome = await call<{ results: Result[]; lists: ReadLists }>(
      server.apiUrl,
      "action",
      "runThenRead",
      args,
    );
    if (outcome.status !== "done") {
      recorder.mutation(this.name, steps, startedAt, { status: "unanswered" });
      return;
    }
    const { results, lists } = outcome.value;
    const done = recorder.mutation(this.name, steps, startedAt, { status: "done", value: results });
    recorder.query(this.name, asked, startedAt, lists, [done]);
  }

  #index(): string {
    const { indexes } = this.epoch.server;
    return indexes[below(this.random, indexes.length)] ?? "by_key";
  }
}
