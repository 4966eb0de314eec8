/** Draws the results of a run. */
import type { Figure } from "../lib/figures";
import { Chart } from "../lib/chart";

/** Requests per second at one number of documents. */
export interface Reads {
  readonly documents: number;
  readonly floor: number;
  readonly embedded: number;
}

interface Shown {
  readonly figures: readonly Figure[];
  readonly reads: readonly Reads[];
  /** The last line of the picture: machine and load. */
  readonly about: string;
}

/** Returns an SVG document: reads by number of documents, then every figure with its goal. */
export function svgOf({ figures, reads, about }: Shown): string {
  const picture = new Chart();
  if (reads.length > 0) {
    picture.heading("GET by id, requests per second");
    picture.legend([
      { kind: "floor", means: "bare node:http and SQLite" },
      { kind: "own", means: "the embedded runtime" },
    ]);
    const most = Math.max(...reads.map(({ floor }) => floor));
    for (const { documents, floor, embedded } of reads) {
      const bars = [
        { kind: "floor", value: floor },
        { kind: "own", value: embedded },
      ];
      picture.bars(
        `${documents.toLocaleString("en")} ${documents === 1 ? "document" : "documents"}`,
        bars,
        most,
      );
    }
    picture.space();
  }
  picture.goals(figures);
  return picture.toSvg(about, "Embedded runtime: measurements");
}
