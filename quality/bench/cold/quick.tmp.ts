import { candidates, KINDS } from "./candidates";
import { CLOCKS, measure, MODES, prepare } from "./measure";
import { medianRatio, median } from "../lib/statistics";
const { hand, product, hono } = candidates(process.cwd());
const subjects = [await prepare(hand), await prepare(product), await prepare(hono)];
const [a, b, h] = await measure(subjects, Number(process.env.ROUNDS ?? 20), CLOCKS.cpu);
console.log("static", subjects[1].graph.bytes, "modules", subjects[1].graph.modules.size);
for (const kind of KINDS)
  for (const mode of MODES)
    console.log(
      kind.padEnd(22),
      mode,
      medianRatio(b[mode][kind], a[mode][kind]).toFixed(2),
      "hono",
      medianRatio(h[mode][kind], a[mode][kind]).toFixed(2),
      median(a[mode][kind]).toFixed(2),
      median(b[mode][kind]).toFixed(2),
    );
