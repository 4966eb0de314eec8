/**
 * Checks that a recorded history is strictly serializable: that the transactions have an order which explains every read, and in which
 * every acknowledged transaction precedes those that began later.
 *
 * The transactions append distinct values to lists and read whole lists, as in Elle ("Elle: Inferring Isolation Anomalies from
 * Experimental Observations", Kingsbury and Alvaro, 2020). A read of a list then shows all of its earlier versions in their order.
 */
import { cyclesOf } from "./cycles";
import { graphOf } from "./graph";
import type { Anomaly, Transaction } from "./history";
import { listsOf } from "./lists";
import { staleReads } from "./staleReads";

/** Returns the anomalies of a history; empty if it is strictly serializable. */
export function check(history: readonly Transaction[]): Anomaly[] {
  const lists = listsOf(history);
  return [...lists.anomalies, ...staleReads(lists), ...cyclesOf(graphOf(history, lists))];
}
