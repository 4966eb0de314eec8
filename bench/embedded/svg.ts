/** The picture of a run, for light and dark pages. */
import type { Figure, Verdict } from "./figures";
import { shown, verdictOf } from "./figures";

/** Requests per second at one number of documents. */
export interface Reads {
  readonly documents: number;
  readonly floor: number;
  readonly embedded: number;
}

export interface Picture {
  readonly figures: readonly Figure[];
  readonly reads: readonly Reads[];
  /** A line for the foot: machine and load. */
  readonly about: string;
}

const WIDTH = 860;
const LABELS = 330;
const BARS = WIDTH - LABELS - 190;
const ROW = 26;
const COLORS: Readonly<Record<Verdict, string>> = {
  ok: "#2f9e8f",
  "short, within tolerance": "#c98a1b",
  missed: "#d1495b",
};
const STYLE = `text{font:13px system-ui,sans-serif;fill:#3d444d}.quiet{fill:#7d8590}.head{font-weight:600}
.rule{stroke:#7d8590}.floor{fill:#9aa4af}.own{fill:#2f9e8f}
@media (prefers-color-scheme:dark){text{fill:#d1d7e0}.quiet{fill:#9198a1}}`;

/** A whole SVG document: reads by number of documents, then every figure against its goal. */
export function svgOf({ figures, reads, about }: Picture): string {
  const rows: string[] = [];
  let y = 30;
  if (reads.length > 0) {
    rows.push(
      text(
        12,
        y,
        "GET by id, requests per second: bare node:http + SQLite, and the embedded runtime",
        "head",
      ),
    );
    const most = Math.max(...reads.map(({ floor }) => floor));
    for (const { documents, floor, embedded } of reads) {
      y += ROW + 6;
      rows.push(text(12, y, `${documents.toLocaleString("en")} documents`));
      rows.push(bar(y - 13, floor / most, "floor", 9), bar(y - 3, embedded / most, "own", 9));
      rows.push(text(LABELS + BARS + 12, y, `${shown(embedded)} of ${shown(floor)}`, "quiet"));
    }
    y += ROW * 2;
  }
  rows.push(text(12, y, "Against the goals (the line)", "head"));
  for (const figure of figures) {
    const { name, value, unit, goal } = figure;
    const verdict = verdictOf(figure);
    if (!goal || !verdict) continue;
    y += ROW;
    // The goal stands at two thirds of the width; what is far beyond ends at the edge.
    const share = Math.min(1, ((value / goal.value) * 2) / 3);
    rows.push(text(12, y, name), bar(y - 11, share, "", 14, COLORS[verdict]));
    rows.push(
      text(LABELS + BARS + 12, y, `${shown(value)} ${unit}, ${goal.bound} ${shown(goal.value)}`, "quiet"),
    );
    const x = LABELS + (BARS * 2) / 3;
    rows.push(`<line class="rule" x1="${x}" x2="${x}" y1="${y - 15}" y2="${y + 7}"/>`);
  }
  y += ROW + 8;
  rows.push(text(12, y, about, "quiet"));
  const size = `width="${WIDTH}" height="${y + 16}" viewBox="0 0 ${WIDTH} ${y + 16}"`;
  const open = `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="Embedded runtime: measurements">`;
  return `${open}\n<style>${STYLE}</style>\n${rows.join("\n")}\n</svg>\n`;
}

function text(x: number, y: number, words: string, className = ""): string {
  return `<text x="${x}" y="${y}"${className && ` class="${className}"`}>${escaped(words)}</text>`;
}

function bar(y: number, share: number, className: string, height: number, fill = ""): string {
  const width = Math.max(1, share * BARS).toFixed(1);
  const look = fill === "" ? `class="${className}"` : `fill="${fill}"`;
  return `<rect x="${LABELS}" y="${y}" width="${width}" height="${height}" rx="2" ${look}/>`;
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
