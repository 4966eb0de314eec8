/** Pieces of a picture in SVG, for light and dark pages. */
import type { Figure, Verdict } from "./figures";
import { shown, verdictOf } from "./figures";

const WIDTH = 860;
const LABELS = 330;
const BARS = WIDTH - LABELS - 190;
/** Height of a line. */
const ROW = 26;
const COLORS: Readonly<Record<Verdict, string>> = {
  ok: "#2f9e8f",
  "short, within tolerance": "#c98a1b",
  missed: "#d1495b",
};
const STYLE = `text{font:13px system-ui,sans-serif;fill:#3d444d}.quiet{fill:#7d8590}.head{font-weight:600}
.rule{stroke:#7d8590}.floor{fill:#9aa4af}.hono{fill:#6f8fc9}.mock{fill:#c9b28a}.own{fill:#2f9e8f}
@media (prefers-color-scheme:dark){text{fill:#d1d7e0}.quiet{fill:#9198a1}}`;

export interface Bar {
  /** A class of the style above: `floor`, `hono`, `mock`, `own`. */
  readonly kind: string;
  readonly value: number;
}

/** Grows from top to bottom. */
export class Chart {
  #y = 30;
  readonly #rows: string[] = [];

  heading(words: string): void {
    this.#rows.push(text(12, this.#y, words, "head"));
  }

  space(): void {
    this.#y += ROW;
  }

  /** Bars under each other that share a label and a note. `most` fills the width. */
  bars(label: string, bars: readonly Bar[], most: number, note: string): void {
    this.#y += 12 + 10 * bars.length;
    this.#rows.push(text(12, this.#y, label));
    for (const [i, { kind, value }] of bars.entries()) {
      const y = this.#y - 3 - 5 * bars.length + 10 * i;
      this.#rows.push(bar(y, value / most, `class="${kind}"`, 9));
    }
    this.#rows.push(text(LABELS + BARS + 12, this.#y, note, "quiet"));
  }

  /** Every figure that has a goal, against it. */
  goals(figures: readonly Figure[]): void {
    for (const figure of figures) {
      const { name, value, unit, goal } = figure;
      const verdict = verdictOf(figure);
      if (!goal || !verdict) continue;
      this.#y += ROW;
      // The goal stands at two thirds of the width; what is far beyond ends at the edge. A goal of 0 is the left edge.
      const share = goal.value === 0 ? Math.min(1, value) : Math.min(1, ((value / goal.value) * 2) / 3);
      const x = LABELS + (goal.value === 0 ? 0 : (BARS * 2) / 3);
      const wanted = `${shown(value)} ${unit}, ${goal.bound} ${shown(goal.value)}`;
      this.#rows.push(
        text(12, this.#y, name),
        bar(this.#y - 11, share, `fill="${COLORS[verdict]}"`, 14),
        text(LABELS + BARS + 12, this.#y, wanted, "quiet"),
        `<line class="rule" x1="${x}" x2="${x}" y1="${this.#y - 15}" y2="${this.#y + 7}"/>`,
      );
    }
  }

  /** The whole document. @param about a line for the foot: machine and load. @param label what the picture shows. */
  toSvg(about: string, label: string): string {
    this.#y += ROW + 8;
    this.#rows.push(text(12, this.#y, about, "quiet"));
    const height = this.#y + 16;
    const size = `width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`;
    const open = `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${escaped(label)}">`;
    return `${open}\n<style>${STYLE}</style>\n${this.#rows.join("\n")}\n</svg>\n`;
  }
}

function text(x: number, y: number, words: string, className = ""): string {
  return `<text x="${x}" y="${y}"${className && ` class="${className}"`}>${escaped(words)}</text>`;
}

function bar(y: number, share: number, look: string, height: number): string {
  const width = Math.max(1, share * BARS).toFixed(1);
  return `<rect x="${LABELS}" y="${y}" width="${width}" height="${height}" rx="2" ${look}/>`;
}

function escaped(words: string): string {
  return words
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
