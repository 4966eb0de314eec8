/**
 * The OpenAPI 3.1 document, derived from the contracts that route and validate. It runs in Node alone: on Convex the
 * `documented` parts of the contracts are not there.
 */
import type { AnyContract } from "../convex/http/kit/contract.kit";
import type { JsonSchema } from "../convex/http/kit/described.kit";
import { Components } from "./components";
import { operation } from "./operation";
import { pathParameters } from "./parameters";
import { TAGS } from "./tags";
import { webhookOf } from "./webhooks";

export type Info = { title: string; version: string; description: string };

/** Builds the document: operations in the order of the contracts, components by name, everything else in a fixed order. */
export function openApiDocument(info: Info, contracts: readonly AnyContract[]): JsonSchema {
  const components = new Components();
  const paths: Record<string, JsonSchema> = {};
  const webhooks: Record<string, JsonSchema> = {};
  for (const contract of contracts) {
    const path = contract.path.replaceAll(/:(\w+)/g, "{$1}");
    const described = operation(contract, contract.spec(), components);
    paths[path] = {
      parameters: pathParameters(components),
      ...paths[path],
      [contract.method]: described,
    };
    Object.assign(webhooks, webhookOf(contract, described));
  }
  return {
    openapi: "3.1.0",
    info: {
      ...info,
      contact: { name: "Whoever runs this deployment" },
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: tagsOf(contracts),
    paths,
    webhooks,
    components: components.toJSON(),
  };
}

/** The tags that are used, in the order in which readers should find them. */
function tagsOf(contracts: readonly AnyContract[]): JsonSchema[] {
  const used = new Set(contracts.map((contract) => contract.spec().docs().tag));
  const known = Object.keys(TAGS).filter((name) => used.has(name));
  const others = [...used].filter((name) => !(name in TAGS));
  return [...known, ...others].map((name) => ({ name, description: TAGS[name] }));
}
