/** A chart as SVG, for light and dark pages. It is narrow, so that its text is readable on a phone. */
import type { Figure, Verdict } from "./figures";
import { shown, verdictOf } from "./figures";

const WIDTH = 420;
const MARGIN = 10;
const BARS = 225;
const NOTES = MARGIN + BARS + 10;
/** The height of a line of text. */
const LINE = 19;
/** The average width of a character is a little over half of the font's size. */
const CHARACTERS_PER_LINE = 60;
const STYLE = `text{font:13px system-ui,sans-serif;fill:#3d444d}.quiet{font-size:12px;fill:#59636e}.head{font-weight:600}
.rule{stroke:#3d444d;stroke-width:1.5}.floor{fill:#7d8894}.hono{fill:#5a7fc4}.mock{fill:#a8864a}.own{fill:#1f8a7d}
.reached{fill:#1f8a7d}.short{fill:#b0730b}.missed{fill:#d1495b}text.short{fill:#8a5a00}text.missed{fill:#b02a3c}
@media (prefers-color-scheme:dark){text{fill:#d1d7e0}.quiet{fill:#9198a1}.rule{stroke:#d1d7e0}text.short{fill:#e3b341}text.missed{fill:#ff8182}}`;
/** The classes of figures that reach their goal, and of those that do not. */
const CLASSES: Readonly<Record<Verdict, string>> = {
  ok: "reached",
  "short, within tolerance": "short",
  missed: "missed",
};

export interface Bar {
  /** A class of the style above: `floor`, `hono`, `mock`, `own`. */
  readonly kind: string;
  readonly value: number;
}

/** Draws rows from top to bottom. */
export class Chart {
  #y = 8;
  readonly #rows: string[] = [];

  heading(content: string): void {
    this.#lines(content, "head");
  }

  /** Explains the colours of the bars. */
  legend(entries: readonly { kind: string; means: string }[]): void {
    for (const { kind, means } of entries) {
      this.#y += LINE;
      this.#rows.push(bar(this.#y - 10, 12 / BARS, kind, 10), text(MARGIN + 20, this.#y, means, "quiet"));
    }
    this.#y += 4;
  }

  space(): void {
    this.#y += LINE;
  }

  /** Draws bars below each other, with a label above and a note for each bar. The value `most` fills the width. */
  bars(label: string, bars: readonly Bar[], most: number): void {
    this.#y += LINE + 3;
    this.#rows.push(text(MARGIN, this.#y, label));
    for (const { kind, value } of bars) {
      this.#y += 15;
      const note = text(NOTES, this.#y, shown(value), "quiet");
      this.#rows.push(bar(this.#y - 10, value / most, kind, 11), note);
    }
  }

  /** Draws every figure that has a goal, with the goal as a line. A figure that misses its goal says by how much. */
  goals(figures: readonly Figure[]): void {
    this.heading("Results and goals");
    this.legend([
      { kind: "reached", means: "the goal is reached" },
      { kind: "short", means: "missed by at most 15 %, which noise can explain" },
      { kind: "missed", means: "missed by more" },
    ]);
    this.#y += LINE;
    this.#rows.push(rule(MARGIN + 6, this.#y), text(MARGIN + 20, this.#y, "the goal", "quiet"));
    for (const figure of figures) this.#goal(figure);
  }

  #goal(figure: Figure): void {
    const { name, value, unit, goal } = figure;
    const verdict = verdictOf(figure);
    if (!goal || !verdict) return;
    this.#y += 4;
    this.#lines(name);
    this.#y += LINE;
    // The goal is at two thirds of the width, and bars end at the right edge. A goal of 0 is at the left edge.
    const share = goal.value === 0 ? Math.min(1, value) : Math.min(1, ((value / goal.value) * 2) / 3);
    const x = MARGIN + (goal.value === 0 ? 0 : Math.round((BARS * 2) / 3));
    const note = `${shown(value)} ${unit}`.trimEnd();
    this.#rows.push(
      bar(this.#y - 11, share, CLASSES[verdict], 14),
      text(NOTES, this.#y, `${note}, ${goal.bound} ${shown(goal.value)}`, "quiet"),
      rule(x, this.#y),
    );
    if (verdict === "ok") return;
    this.#y += LINE - 2;
    const by = goal.value === 0 ? "" : ` by ${Math.round(Math.abs(value / goal.value - 1) * 100)} %`;
    this.#rows.push(text(NOTES, this.#y, `missed${by}`, `head ${CLASSES[verdict]}`));
  }

  /** Writes a text on as many lines as it needs. */
  #lines(content: string, className = ""): void {
    for (const line of wrapped(content)) {
      this.#y += LINE;
      this.#rows.push(text(MARGIN, this.#y, line, className));
    }
  }

  /** Returns the SVG document. @param about the last lines: machine and load. @param label the title for screen readers. */
  toSvg(about: string, label: string): string {
    this.#y += 8;
    this.#lines(about, "quiet");
    const height = this.#y + 12;
    const size = `width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`;
    const open = `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${escaped(label)}">`;
    return `${open}\n<style>${STYLE}</style>\n${this.#rows.join("\n")}\n</svg>\n`;
  }
}

/** Splits a text between words into lines that fit. */
function wrapped(content: string): string[] {
  const lines: string[] = [];
  for (const word of content.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= CHARACTERS_PER_LINE) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function text(x: number, y: number, content: string, className = ""): string {
  return `<text x="${x}" y="${y}"${className && ` class="${className}"`}>${escaped(content)}</text>`;
}

function bar(y: number, share: number, className: string, height: number): string {
  const width = Math.max(1, share * BARS).toFixed(1);
  return `<rect x="${MARGIN}" y="${y}" width="${width}" height="${height}" rx="2" class="${className}"/>`;
}

function rule(x: number, y: number): string {
  return `<line class="rule" x1="${x}" x2="${x}" y1="${y - 14}" y2="${y + 6}"/>`;
}

function escaped(content: string): string {
  return content
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
