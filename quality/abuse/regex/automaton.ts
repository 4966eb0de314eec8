/** A regular expression as an automaton without empty steps (Glushkov's): one state for each atom. */
import type { Node } from "./parse";

export type Automaton = {
  /** The characters of the alphabet that each state matches, a bit for each. */
  readonly states: readonly bigint[];
  /** From state to state, as often as the expression can go that way: nested repetitions give a step more than once. */
  readonly steps: readonly (readonly number[])[];
  /** States behind which nothing can fail any more, so that a matcher never goes back from there. */
  readonly done: ReadonlySet<number>;
  /** The bodies of look-arounds, which are expressions of their own. */
  readonly bodies: readonly Node[];
};

/** Characters with which sets are told apart: all of latin-1, and some of what is special elsewhere. */
const ALPHABET = [
  ...Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)),
  ...["\u0100", "ж", "漢", "\u2028", "\ufeff", "\ud800"],
];

type Part = { nullable: boolean; first: number[]; last: number[] };
const EMPTY: Part = { nullable: true, first: [], last: [] };

/**
 * How many copies of what is repeated stand for a larger number: whether two ways lead to the same text shows with these.
 */
const COPIES = 3;

export function automatonOf(node: Node, flags: string): Automaton {
  const builder = new Builder(flags.replaceAll(/[gyd]/g, ""));
  const searching = !flags.includes("y") && !startsAnchored(node);
  // Where the beginning is free, a matcher tries at each character.
  const anything: Node = { kind: "repeat", node: { kind: "atom", source: "[^]" }, min: 0, max: Infinity };
  const { last } = builder.build(searching ? { kind: "sequence", nodes: [anything, node] } : node);
  const done = new Set(last.filter((state) => !builder.mayFail.has(state)));
  return { states: builder.states, steps: builder.steps, done, bodies: builder.bodies };
}

function startsAnchored(node: Node): boolean {
  if (node.kind === "assertion") return node.source === "^";
  if (node.kind === "sequence") return node.nodes[0] !== undefined && startsAnchored(node.nodes[0]);
  return node.kind === "choice" && node.nodes.every(startsAnchored);
}

class Builder {
  readonly states: bigint[] = [];
  readonly steps: number[][] = [];
  readonly bodies: Node[] = [];
  /** States that an assertion follows. */
  readonly mayFail = new Set<number>();
  private readonly sets = new Map<string, bigint>();

  constructor(private readonly flags: string) {}

  build(node: Node): Part {
    switch (node.kind) {
      case "atom":
        return this.atom(node.source);
      case "sequence":
        return node.nodes.reduce((before, one) => this.joined(before, one), EMPTY);
      case "choice": {
        const parts = node.nodes.map((one) => this.build(one));
        return {
          nullable: parts.some(({ nullable }) => nullable),
          first: parts.flatMap(({ first }) => first),
          last: parts.flatMap(({ last }) => last),
        };
      }
      case "repeat":
        return this.repeated(node);
      case "assertion":
        if (node.body) this.bodies.push(node.body);
        return EMPTY;
    }
  }

  private atom(source: string): Part {
    this.states.push(this.setOf(source));
    this.steps.push([]);
    const state = this.states.length - 1;
    return { nullable: false, first: [state], last: [state] };
  }

  private joined(before: Part, node: Node): Part {
    if (node.kind === "assertion") for (const state of before.last) this.mayFail.add(state);
    return this.followed(before, this.build(node));
  }

  private followed(before: Part, after: Part): Part {
    this.connect(before.last, after.first);
    return {
      nullable: before.nullable && after.nullable,
      first: before.nullable ? [...before.first, ...after.first] : before.first,
      last: after.nullable ? [...before.last, ...after.last] : after.last,
    };
  }

  private repeated({ node, min, max }: Node & { kind: "repeat" }): Part {
    let required = EMPTY;
    for (let copy = 0; copy < Math.min(min, COPIES); copy++) required = this.joined(required, node);
    return this.followed(required, max === Infinity ? this.loop(node) : this.optional(node, max - min));
  }

  private loop(node: Node): Part {
    const round = this.build(node);
    this.connect(round.last, round.first);
    return { ...round, nullable: true };
  }

  /** `(x(x(x)?)?)?`: one way for each number of copies. */
  private optional(node: Node, times: number): Part {
    let inner = EMPTY;
    for (let copy = 0; copy < Math.min(times, COPIES); copy++) {
      inner = { ...this.followed(this.build(node), inner), nullable: true };
    }
    return inner;
  }

  private connect(from: readonly number[], to: readonly number[]): void {
    for (const state of from) this.steps[state]?.push(...to);
  }

  private setOf(source: string): bigint {
    const known = this.sets.get(source);
    if (known !== undefined) return known;
    const pattern = new RegExp(`^${source}$`, this.flags.replace("m", ""));
    const set = ALPHABET.reduce(
      (bits, char, at) => (pattern.test(char) ? bits | (1n << BigInt(at)) : bits),
      0n,
    );
    this.sets.set(source, set);
    return set;
  }
}
