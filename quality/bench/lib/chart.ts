/** A chart as SVG, for light and dark pages. */
import type { Figure, Verdict } from "./figures";
import { shown, verdictOf } from "./figures";

const WIDTH = 860;
const LABELS = 330;
const BARS = WIDTH - LABELS - 190;
/** The height of a line. */
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

/** Draws rows from top to bottom. */
export class Chart {
  #y = 30;
  readonly #rows: string[] = [];

  heading(content: string): void {
    this.#rows.push(text(12, this.#y, content, "head"));
  }

  space(): void {
    this.#y += ROW;
  }

  /** Draws bars below each other, with one label and one note. The value `most` fills the width. */
  bars(label: string, bars: readonly Bar[], most: number, note: string): void {
    this.#y += 12 + 10 * bars.length;
    this.#rows.push(text(12, this.#y, label));
    for (const [i, { kind, value }] of bars.entries()) {
      const y = this.#y - 3 - 5 * bars.length + 10 * i;
      this.#rows.push(bar(y, value / most, `class="${kind}"`, 9));
    }
    this.#rows.push(text(LABELS + BARS + 12, this.#y, note, "quiet"));
  }

  /** Draws every figure that has a goal, with the goal as a line. */
  goals(figures: readonly Figure[]): void {
    for (const figure of figures) {
      const { name, value, unit, goal } = figure;
      const verdict = verdictOf(figure);
      if (!goal || !verdict) continue;
      this.#y += ROW;
      // The goal is at two thirds of the width, and bars end at the right edge. A goal of 0 is at the left edge.
      const share = goal.value === 0 ? Math.min(1, value) : Math.min(1, ((value / goal.value) * 2) / 3);
      const x = LABELS + (goal.value === 0 ? 0 : (BARS * 2) / 3);
      const note = `${shown(value)} ${unit}, ${goal.bound} ${shown(goal.value)}`;
      this.#rows.push(
        text(12, this.#y, name),
        bar(this.#y - 11, share, `fill="${COLORS[verdict]}"`, 14),
        text(LABELS + BARS + 12, this.#y, note, "quiet"),
        `<line class="rule" x1="${x}" x2="${x}" y1="${this.#y - 15}" y2="${this.#y + 7}"/>`,
      );
    }
  }

  /** Returns the SVG document. @param about the last line: machine and load. @param label the title for screen readers. */
  toSvg(about: string, label: string): string {
    this.#y += ROW + 8;
    this.#rows.push(text(12, this.#y, about, "quiet"));
    const height = this.#y + 16;
    const size = `width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`;
    const open = `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${escaped(label)}">`;
    return `${open}\n<style>${STYLE}</style>\n${this.#rows.join("\n")}\n</svg>\n`;
  }
}

function text(x: number, y: number, content: string, className = ""): string {
  return `<text x="${x}" y="${y}"${className && ` class="${className}"`}>${escaped(content)}</text>`;
}

function bar(y: number, share: number, look: string, height: number): string {
  const width = Math.max(1, share * BARS).toFixed(1);
  return `<rect x="${LABELS}" y="${y}" width="${width}" height="${height}" rx="2" ${look}/>`;
}

function escaped(content: string): string {
  return content
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
