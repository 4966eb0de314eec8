/** Draws the results of a run. */
import type { Figure } from "../lib/figures";
import { shown } from "../lib/figures";
import { Chart } from "../lib/chart";
import type { Summaries } from "./report";
import type { ServerName } from "./servers";

interface Shown {
  readonly figures: readonly Figure[];
  readonly mix: readonly Summaries[];
  /** The last line of the picture: machine and load. */
  readonly about: string;
}

/** The servers in the picture, from the fastest to the product. */
const BARS = [
  ["floor", "floor"],
  ["hono", "hono"],
  ["product", "own"],
] as const satisfies readonly (readonly [ServerName, string])[];

/** Returns an SVG document: requests per second of the mix by connections, then every figure with its goal. */
export function svgOf({ figures, mix, about }: Shown): string {
  const picture = new Chart();
  picture.heading(
    "Requests per second of the mix: bare node:http, bare Hono (both with SQLite), and the product",
  );
  const bars = mix.map(({ connections, servers }) => ({
    connections,
    values: BARS.flatMap(([name, kind]) =>
      servers.flatMap(({ server, perSecond }) => (server === name ? [{ kind, value: perSecond }] : [])),
    ),
  }));
  const most = Math.max(...bars.flatMap(({ values }) => values.map(({ value }) => value)));
  for (const { connections, values } of bars) {
    const note = values.map(({ value }) => shown(value)).join(", ");
    picture.bars(`${connections} connections`, values, most, note);
  }
  picture.space();
  picture.space();
  picture.heading("Against the goals (the line)");
  picture.goals(figures);
  return picture.toSvg(about, "The API under load: measurements");
}
