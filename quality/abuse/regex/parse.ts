/**
 * The structure of a regular expression, as far as it decides how often a matcher may try: what follows what, what repeats.
 * What a single atom matches is left to the engine itself (`alphabet.ts`).
 */

export type Node =
  /** One character of a set, as it is written: `a`, `[^\n]`, `\d`, `.`. A back reference counts as any character. */
  | { kind: "atom"; source: string }
  | { kind: "sequence"; nodes: Node[] }
  | { kind: "choice"; nodes: Node[] }
  | { kind: "repeat"; node: Node; min: number; max: number }
  /** What matches no character, and may fail: `$`, `\b`, a look-around. `^` is one too. */
  | { kind: "assertion"; source: string; body?: Node };

/** @throws Error for syntax that it does not know, so that nothing passes unseen. */
export function parseRegex(source: string): Node {
  const parser = new Parser(source);
  const node = parser.choice();
  if (parser.at < source.length) throw new Error(`/${source}/ is not understood from character ${parser.at}`);
  return node;
}

const ASSERTIONS = /(?:\^|\$|\\[bB])/y;
const LOOK_AROUND = /\(\?<?[=!]/y;
const GROUP = /\((?:\?:|\?<[A-Za-z_]\w*>|(?!\?))/y;
const CLASS = /\[(?:\\.|[^\]\\])*\]/y;
const REFERENCE = /\\(?:[1-9]|k<\w+>)/y;
const ESCAPE = /\\(?:x[0-9a-fA-F]{2}|u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|c[A-Za-z]|[pP]\{\w+(?:=\w+)?\}|[^])/y;
const LITERAL = /[^\\()[\]{}*+?|^$]/uy;
const LONE_BRACE = /[\]{}]/y;
const QUANTIFIER = /(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/y;

class Parser {
  at = 0;
  constructor(private readonly source: string) {}

  choice(): Node {
    const nodes = [this.sequence()];
    while (this.take(/\|/y)) nodes.push(this.sequence());
    return nodes.length === 1 && nodes[0] ? nodes[0] : { kind: "choice", nodes };
  }

  private sequence(): Node {
    const nodes: Node[] = [];
    for (let node = this.term(); node; node = this.term()) nodes.push(this.quantified(node));
    return { kind: "sequence", nodes };
  }

  private term(): Node | undefined {
    const assertion = this.take(ASSERTIONS);
    if (assertion) return { kind: "assertion", source: assertion[0] };
    const around = this.take(LOOK_AROUND);
    if (around) return { kind: "assertion", source: around[0], body: this.closed() };
    if (this.take(GROUP)) return this.closed();
    if (this.take(REFERENCE)) return { kind: "atom", source: "[^]" };
    const atom = this.take(CLASS) ?? this.take(ESCAPE) ?? this.take(LITERAL);
    if (atom) return { kind: "atom", source: atom[0] };
    // A brace that begins no quantifier stands for itself, except under the flag `u`, where the engine refuses it.
    const brace = this.take(LONE_BRACE);
    return brace ? { kind: "atom", source: `\\${brace[0]}` } : undefined;
  }

  private closed(): Node {
    const node = this.choice();
    if (!this.take(/\)/y)) throw new Error(`/${this.source}/ has a group without its end`);
    return node;
  }

  private quantified(node: Node): Node {
    const found = this.take(QUANTIFIER);
    if (!found) return node;
    const [text, min, comma, max] = found;
    if (min !== undefined) {
      const most = comma === "" ? Number(min) : max === "" ? Infinity : Number(max);
      return { kind: "repeat", node, min: Number(min), max: most };
    }
    return {
      kind: "repeat",
      node,
      min: text.startsWith("+") ? 1 : 0,
      max: text.startsWith("?") ? 1 : Infinity,
    };
  }

  private take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source);
    if (found) this.at = pattern.lastIndex;
    return found;
  }
}
