import type { Api } from "../kit/api.kit";
import { implement } from "../kit/implement.kit";
import { receiveData, receiveForm } from "./data.contract";

export function data(api: Api): void {
  implement(api, receiveData, (c) => {
    const { filter } = c.req.valid("query");
    return Promise.resolve(c.json({ received: c.req.valid("json"), filter: filter ?? null }, 200));
  });

  implement(api, receiveForm, (c) => Promise.resolve(c.json(c.req.valid("form"), 200)));
}
