/**
 * The steps of a push. Only the last one changes what the server serves.
 *
 * Checking documents and filling indexes may take longer than clients and proxies wait for a response. So `waitForSchema` answers
 * after a while, and the command line asks again. A client that lost the response of the last step may send that step again: it
 * gets the same response, and the project is put into service once.
 */
import { randomUUID } from "node:crypto";
import { SerialQueue } from "../../exec/serialQueue";
import { ApiError } from "../../http/api";
import { moduleHash } from "../../runtime/pushedProject";
import type { Deployment, EvaluatedProject } from "../deployment";
import { refusal } from "./refusal";
import { analysisOf, authInfo, componentTree } from "./analysis";
import type { PushRequest } from "./request";
import type { IndexDiff } from "./schemaChanges";
import { indexDiffs } from "./schemaChanges";
import { SchemaPreparation } from "./schemaPreparation";

/** A push between its first and its last step. */
interface OpenPush extends PushRequest {
  readonly id: string;
  readonly evaluated: EvaluatedProject;
  readonly diffs: Readonly<Record<string, IndexDiff>>;
  readonly preparation: SchemaPreparation;
}

/** The last step of a push, running or ended. */
interface Finish {
  readonly id: string;
  readonly response: Promise<object>;
}

export class Pushes {
  /** The latest push and the latest dry run. A later one replaces an earlier one. */
  readonly #open = new Map<"push" | "dry run", OpenPush>();
  readonly #queue = new SerialQueue();
  /** The latest last step that did not fail. */
  #finish: Finish | null = null;

  constructor(private readonly deployment: Deployment) {}

  /** Builds and checks a project. @returns the response to `start_push`. @throws ApiError for a project that does not build. */
  start(request: PushRequest): Promise<object> {
    return this.#queue.run(async () => {
      const push = await this.#evaluate(request);
      this.#open.set(request.dryRun ? "dry run" : "push", push);
      const { evaluated, diffs, project, id } = push;
      return {
        // The values are not needed: the last step builds with the variables of that moment.
        environmentVariables: {},
        externalDepsId: null,
        componentDefinitionPackages: {},
        appAuth: evaluated.providers.map(authInfo),
        analysis: await analysisOf(project, evaluated),
        app: componentTree(evaluated),
        schemaChange: { allocatedComponentIds: {}, schemaIds: { push: id }, indexDiffs: diffs },
      };
    });
  }

  /** Returns the index changes of a project, which stays closed. */
  async evaluate(request: PushRequest): Promise<{ diffs: OpenPush["diffs"]; evaluated: EvaluatedProject }> {
    return this.#queue.run(() => this.#evaluate(request));
  }

  /**
   * Checks the documents against the schema, and fills new indexes.
   *
   * @param timeoutMs The milliseconds after which it answers even if that work goes on.
   * @returns the response to `wait_for_schema`.
   */
  async waitForSchema(id: unknown, timeoutMs: number): Promise<object> {
    const push = this.#find(id);
    return push === null ? { type: "raceDetected" } : await push.preparation.wait(timeoutMs);
  }

  /** Puts the project into service. @returns the response to `finish_push`. */
  finish(id: unknown): Promise<object> {
    if (typeof id === "string" && this.#finish?.id === id) return this.#finish.response;
    const response = this.#queue.run(() => this.#putIntoService(id));
    if (typeof id === "string" && this.#open.get("push")?.id === id) {
      const finish = { id, response };
      this.#finish = finish;
      // After a failure nothing has changed, so the client may try again.
      response.catch(() => {
        if (this.#finish === finish) this.#finish = null;
      });
    }
    return response;
  }

  async #putIntoService(id: unknown): Promise<object> {
    const push = this.#find(id);
    if (push === null) throw new ApiError(400, "RaceDetected", "Schema was overwritten by another push.");
    const { pushes } = this.deployment;
    const before = this.deployment.engine().components;
    const previous = pushes.pushed?.components[0]?.modules ?? [];
    if (push.dryRun) return { authDiff: { added: [], removed: [] }, definitionDiffs: {}, componentDiffs: {} };
    await pushes.servePush(push.project).catch((error: unknown) => {
      throw refusal(error);
    });
    this.#open.delete("push");
    const after = this.deployment.engine().components;
    const paths = new Set([...before.keys(), ...after.keys()]);
    const componentDiffs = [...paths].map((path) => {
      const modules =
        path === "" ? moduleDiff(previous, push.project.components[0]?.modules ?? []) : NO_MODULES;
      const type = !before.has(path) ? "create" : after.has(path) ? "modify" : "unmount";
      return [path, componentDiff(type, modules, push.diffs[path])] as const;
    });
    return {
      authDiff: { added: [], removed: [] },
      definitionDiffs: {},
      componentDiffs: Object.fromEntries(componentDiffs),
    };
  }

  async #evaluate(request: PushRequest): Promise<OpenPush> {
    try {
      const evaluated = await this.deployment.pushes.evaluate(request.project);
      const diffs = indexDiffs(this.deployment.engine().store, evaluated.schemas);
      const preparation = new SchemaPreparation(
        this.deployment.pushes,
        evaluated.schemas,
        diffs,
        request.dryRun,
      );
      return { ...request, id: randomUUID(), evaluated, diffs, preparation };
    } catch (error) {
      throw refusal(error);
    }
  }

  #find(id: unknown): OpenPush | null {
    return [...this.#open.values()].find((push) => push.id === id) ?? null;
  }
}

const NO_MODULES = { added: [], removed: [] };
const NO_INDEXES: IndexDiff = {
  added_indexes: [],
  removed_indexes: [],
  enabled_indexes: [],
  disabled_indexes: [],
};

function componentDiff(type: string, modules: object, indexes: IndexDiff = NO_INDEXES): object {
  return {
    diffType: { type },
    moduleDiff: modules,
    udfConfigDiff: null,
    cronDiff: { added: [], updated: [], deleted: [] },
    indexDiff: indexes,
    schemaDiff: null,
  };
}

type Module = Parameters<typeof moduleHash>[0];

function moduleDiff(before: readonly Module[], after: readonly Module[]): object {
  const without = (from: readonly Module[], others: readonly Module[]): string[] =>
    from
      .filter(
        (module) =>
          !others.some((other) => other.path === module.path && moduleHash(other) === moduleHash(module)),
      )
      .map(({ path }) => path);
  return { added: without(after, before), removed: without(before, after) };
}
