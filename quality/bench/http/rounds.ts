/** Plays the mix on all servers, in turns. */
import type { Sample } from "../lib/product";
import type { Taken, Turn } from "./mix.child";
import { EVERYDAY } from "./mix";
import type { Plan } from "./plan";
import { MIDDLE } from "./plan";
import type { Server, ServerName, Servers } from "./servers";
import { LABELS, settle } from "./servers";

/** The result of one turn of one server. */
export interface Played extends Taken {
  /** Milliseconds until the last webhook of the turn was processed. */
  readonly settleMs: number;
  /** Measured for the product only. */
  readonly sample?: Sample;
}

/** The results at one number of connections: the turns of each server, one a round. */
export interface Rounds {
  readonly connections: number;
  readonly turns: Readonly<Partial<Record<ServerName, readonly Played[]>>>;
  /** The second turn of the floor in each round. Its difference from the first is the noise. */
  readonly floorAgain: readonly Played[];
}

const MORE_IN_THE_MIDDLE: readonly ServerName[] = ["limited", "mock"];

export async function warmUp(plan: Plan, servers: Servers): Promise<void> {
  for (const server of Object.values(servers)) {
    plan.say(`${LABELS[server.name]}: warming up`);
    const end = performance.now() + plan.warmUpMs;
    const milliseconds = Math.min(1_000, plan.warmUpMs);
    for (let requests = 0; requests < plan.warmUpRequests && performance.now() < end;) {
      const { perSecond } = await play(plan, server, { connections: MIDDLE, milliseconds });
      requests += (perSecond * milliseconds) / 1_000;
    }
  }
}

/** Plays the rounds. A round gives every server a turn. */
export async function playRounds(plan: Plan, servers: Servers, connections: number): Promise<Rounds> {
  const { rounds, milliseconds, say } = plan;
  const names: ServerName[] = ["floor", "hono", "product"];
  if (connections === MIDDLE) names.push(...MORE_IN_THE_MIDDLE);
  const turns: Partial<Record<ServerName, Played[]>> = {};
  const floorAgain: Played[] = [];
  for (let round = 0; round < rounds; round++) {
    say(`the mix, ${connections} connections: round ${round + 1} of ${rounds}`);
    for (const name of names) {
      (turns[name] ??= []).push(await play(plan, servers[name], { connections, milliseconds }));
    }
    floorAgain.push(await play(plan, servers.floor, { connections, milliseconds }));
  }
  return { connections, turns, floorAgain };
}

async function play(
  { mixer }: Plan,
  server: Server,
  { connections, milliseconds }: { connections: number; milliseconds: number },
): Promise<Played> {
  const { name, child } = server;
  const probed = name === "product" || name === "limited";
  if (probed) await child.ask("reset");
  const turn: Turn = { target: name, connections, milliseconds, mix: EVERYDAY };
  const taken = await mixer.ask<Taken>("turn", turn);
  const sample = probed ? await child.ask<Sample>("sample") : undefined;
  return { ...taken, ...(sample && { sample }), settleMs: await settle(server) };
}
