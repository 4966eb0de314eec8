import type { KilledSource } from "./sources";

export const source: KilledSource = {
  name: "github",
  eventOf: (id) => ({ type: "push", body: { ref: "refs/heads/main", delivery: id } }),
};
