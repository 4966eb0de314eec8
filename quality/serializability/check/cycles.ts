/** Finds cycles in the graph of a history, and names them. */
import { cyclicComponents } from "./components";
import type { Edge, EdgeKind, Graph } from "./graph";
import type { Anomaly, AnomalyKind } from "./history";

/** A step of a cycle. */
interface Step {
  readonly from: number;
  readonly edge: Edge;
}

const DATA: readonly EdgeKind[] = ["write-write", "write-read"];
const TIME: readonly EdgeKind[] = ["session", "realtime"];

/** Returns the worst cycle of each group of transactions that are in cycles together. */
export function cyclesOf({ edges, transactions }: Graph): Anomaly[] {
  const targets = (node: number): number[] => (edges[node] ?? []).map(({ to }) => to);
  return cyclicComponents(edges.keys(), targets).map((component) => {
    const { kind, cycle } = worst(edges, component);
    // The acknowledgements between two transactions say nothing more.
    const steps = cycle.filter(({ from }) => from < transactions.length);
    const name = (node = 0): string => transactions[node]?.name ?? "";
    const path = steps.map(
      ({ from, edge }) => `${name(from)} —${edge.kind}${edge.why === "" ? "" : ` (${edge.why})`}→`,
    );
    const count = component.filter((node) => node < transactions.length).length;
    const description = `${path.join(" ")} ${name(steps[0]?.from)} (${count} transactions are in cycles together)`;
    return { kind, description };
  });
}

/** Looks for cycles with the fewest kinds of edges first. */
function worst(
  edges: readonly (readonly Edge[])[],
  component: readonly number[],
): { kind: AnomalyKind; cycle: readonly Step[] } {
  const members = new Set(component);
  for (const [suffix, time] of [
    ["", []],
    ["-realtime", TIME],
  ] as const) {
    const within = (kinds: readonly EdgeKind[]) => (node: number) =>
      (edges[node] ?? []).filter(({ to, kind }) => members.has(to) && kinds.includes(kind));
    const overwrites = anyCycle(component, within(["write-write", ...time]));
    if (overwrites !== null) return { kind: `G0${suffix}`, cycle: overwrites };
    const information = within([...DATA, ...time]);
    const flows = anyCycle(component, information);
    if (flows !== null) return { kind: `G1c${suffix}`, cycle: flows };
    for (const from of component) {
      for (const edge of within(["read-write"])(from)) {
        const back = pathBetween(edge.to, from, information);
        if (back !== null) return { kind: `G-single${suffix}`, cycle: [{ from, edge }, ...back] };
      }
    }
    const every = anyCycle(component, within([...DATA, "read-write", ...time]));
    if (every !== null) return { kind: `G2${suffix}`, cycle: every };
  }
  throw new Error("A component without a cycle");
}

type Next = (node: number) => readonly Edge[];

function anyCycle(nodes: readonly number[], next: Next): readonly Step[] | null {
  const [component] = cyclicComponents(nodes, (node) => next(node).map(({ to }) => to));
  const [from] = component ?? [];
  if (component === undefined || from === undefined) return null;
  const members = new Set(component);
  return pathBetween(from, from, (node) => next(node).filter(({ to }) => members.has(to)));
}

/** Returns a shortest path of at least one step, `null` if there is none. */
function pathBetween(start: number, end: number, next: Next): Step[] | null {
  const reached = new Map<number, Step>();
  const queue = [start];
  for (const from of queue) {
    for (const edge of next(from)) {
      if (reached.has(edge.to)) continue;
      reached.set(edge.to, { from, edge });
      queue.push(edge.to);
    }
    if (reached.has(end)) break;
  }
  const path: Step[] = [];
  for (let step = reached.get(end); step !== undefined; step = reached.get(step.from)) {
    path.unshift(step);
    if (step.from === start) return path;
  }
  return null;
}
