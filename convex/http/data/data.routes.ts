import type { Registry } from "../kit/api.kit";
import { implement } from "../kit/implement.kit";
import { receiveData, receiveForm } from "./data.contract";

export function data(api: Registry): void {
  implement(api, receiveData, (c) => {
    const filter = JSON.stringify(c.req.valid("query").filter ?? null);
    const body = `{"received":${c.var.json},"filter":${filter}}`;
    return Promise.resolve(c.body(body, 200, { "Content-Type": "application/json" }));
  });

  implement(api, receiveForm, (c) => Promise.resolve(c.json(c.req.valid("form"), 200)));
}
