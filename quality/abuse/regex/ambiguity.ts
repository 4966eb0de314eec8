/**
 * How the work of a backtracking matcher grows with its text, by the structure of the expression alone (Weber and Seidl, "On
 * the degree of ambiguity of finite automata", 1991). Where one text leads round a loop in two ways, each turn doubles the
 * ways: exponential. Where it leads round one loop, to another, and round that one, the ways are as many as the places to
 * change over: polynomial.
 */
import { automatonOf, type Automaton } from "./automaton";
import { parseRegex, type Node } from "./parse";

export type Growth = "linear" | "polynomial" | "exponential";

/** @throws Error for syntax that the parser does not know. */
export function growthOf({ source, flags }: { source: string; flags: string }): Growth {
  return growth(parseRegex(source), flags);
}

function growth(node: Node, flags: string): Growth {
  const automaton = automatonOf(node, flags);
  const inner = automaton.bodies.map((body) => growth(body, `${flags}y`));
  if (isExponential(automaton) || inner.includes("exponential")) return "exponential";
  return isPolynomial(automaton) || inner.includes("polynomial") ? "polynomial" : "linear";
}

/** A tuple of states that read the same text, as one number. */
type Tuple = readonly number[];

/** The tuples that one character leads to. */
function* next(automaton: Automaton, tuple: Tuple): Generator<{ to: Tuple; split: boolean }> {
  const { states, steps, done } = automaton;
  const [first = 0, ...rest] = tuple;
  for (const [at, to] of (steps[first] ?? []).entries())
    if (done.has(to)) continue;
    else if (rest.length === 0) yield { to: [to], split: false };
    else
      for (const more of next(automaton, rest)) {
        const both = more.to.reduce((set, state) => set & (states[state] ?? 0n), states[to] ?? 0n);
        if (both === 0n) continue;
        // The same state twice, by two different steps.
        const twice = rest.length === 1 && first === rest[0] && to === more.to[0];
        yield { to: [to, ...more.to], split: twice && (steps[first] ?? []).lastIndexOf(to) !== at };
      }
}

/** Whether some tuple can be reached from another by at least one character. `through` has to be passed, where it is given. */
function reaches(
  automaton: Automaton,
  from: Tuple,
  to: Tuple,
  counts?: (tuple: Tuple, split: boolean) => boolean,
) {
  const key = (tuple: Tuple, passed: boolean) => `${tuple.join()}${passed ? "!" : ""}`;
  const goal = key(to, true);
  const open: [Tuple, boolean][] = [[from, counts === undefined]];
  const seen = new Set<string>();
  for (let item = open.pop(); item; item = open.pop())
    for (const { to: tuple, split } of next(automaton, item[0])) {
      const passed = item[1] || counts?.(tuple, split) === true;
      const name = key(tuple, passed);
      if (name === goal) return true;
      if (!seen.has(name)) open.push([tuple, passed]);
      seen.add(name);
    }
  return false;
}

/** The states that lie on a loop. */
function looping(automaton: Automaton): number[] {
  return [...automaton.states.keys()].filter((state) => reaches(automaton, [state], [state]));
}

function isExponential(automaton: Automaton): boolean {
  const apart = ([one, other]: Tuple, split: boolean) => one !== other || split;
  return looping(automaton).some((state) => reaches(automaton, [state, state], [state, state], apart));
}

function isPolynomial(automaton: Automaton): boolean {
  const loops = looping(automaton);
  return loops.some((one) =>
    loops.some(
      (other) =>
        one !== other &&
        reaches(automaton, [one], [other]) &&
        reaches(automaton, [one, one, other], [one, other, other]),
    ),
  );
}
