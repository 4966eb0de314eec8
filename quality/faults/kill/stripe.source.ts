import type { KilledSource } from "./sources";

export const source: KilledSource = {
  name: "stripe",
  eventOf(id, now) {
    const object = { id: `cs_${id}`, object: "checkout.session", amount_total: 4900, currency: "eur" };
    const type = "checkout.session.completed";
    return { type, body: { id, object: "event", created: Math.floor(now / 1000), type, data: { object } } };
  },
  effects: { table: "payments", field: "sessionId" },
  async missing(call, ids) {
    const problems: string[] = [];
    for (const id of ids) {
      const { status } = await call("GET", `/api/payments/cs_${id}`);
      if (status !== 200) problems.push(`the payment of ${id}: ${status}`);
    }
    return problems;
  },
};
