/** Draws the results of a run. */
import type { Figure } from "../lib/figures";
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
  { name: "floor", kind: "floor", means: "bare node:http and SQLite" },
  { name: "hono", kind: "hono", means: "bare Hono and SQLite" },
  { name: "product", kind: "own", means: "this API on the embedded runtime" },
] as const satisfies readonly { name: ServerName; kind: string; means: string }[];

/** Returns an SVG document: requests per second of the mix by connections, then every figure with its goal. */
export function svgOf({ figures, mix, about }: Shown): string {
  const picture = new Chart();
  picture.heading("Requests per second of the mix");
  picture.legend(BARS);
  const bars = mix.map(({ connections, servers }) => ({
    connections,
    values: BARS.flatMap(({ name, kind }) =>
      servers.flatMap(({ server, perSecond }) => (server === name ? [{ kind, value: perSecond }] : [])),
    ),
  }));
  const most = Math.max(...bars.flatMap(({ values }) => values.map(({ value }) => value)));
  for (const { connections, values } of bars) picture.bars(`${connections} connections`, values, most);
  picture.space();
  picture.goals(figures);
  return picture.toSvg(about, "The API under load: measurements");
}
