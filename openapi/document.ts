/**
 * Derives the OpenAPI 3.1 document from the contracts that also route and validate requests. It runs only in Node, because a Convex
 * deployment omits the `docsOnly` parts of the contracts.
 */
import type { AnyContract } from "../convex/http/kit/contract.kit";
import type { JsonSchema } from "../convex/http/kit/described.kit";
import { Components } from "./components";
import { operation } from "./operation";
import { pathParameters } from "./parameters";
import { EVENTS_TAG, type outgoingWebhooks } from "./outgoing";
import { TAGS } from "./tags";
import { webhookOf } from "./webhooks";

export type Info = { title: string; version: string; description: string };

/**
 * Builds the document. Operations have the order of the contracts, components are sorted by name, and the rest has a fixed order.
 * `outgoingOf` describes what the API sends.
 */
export function openApiDocument(
  info: Info,
  contracts: readonly AnyContract[],
  outgoingOf: typeof outgoingWebhooks = () => ({}),
): JsonSchema {
  const components = new Components();
  const paths: Record<string, JsonSchema> = {};
  const webhooks: Record<string, JsonSchema> = {};
  for (const contract of contracts) {
    const path = contract.path.replaceAll(/[:*](\w+)/g, "{$1}");
    const described = operation(contract, contract.spec(), components);
    paths[path] = {
      parameters: pathParameters(components),
      ...paths[path],
      [contract.method]: described,
    };
    Object.assign(webhooks, webhookOf(contract, described));
  }
  const outgoing = outgoingOf(contracts, components);
  return {
    openapi: "3.1.0",
    info: {
      ...info,
      contact: { name: "The operator of this deployment" },
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: tagsOf(contracts, Object.keys(outgoing).length > 0 ? [EVENTS_TAG] : []),
    paths,
    webhooks: { ...webhooks, ...outgoing },
    components: components.toJSON(),
  };
}

/** Returns the used tags in the order of `TAGS`, and then the unlisted tags. */
function tagsOf(contracts: readonly AnyContract[], more: readonly string[]): JsonSchema[] {
  const used = new Set([...contracts.map((contract) => contract.spec().docs().tag), ...more]);
  const known = Object.keys(TAGS).filter((name) => used.has(name));
  const others = [...used].filter((name) => !(name in TAGS));
  return [...known, ...others].map((name) => ({ name, description: TAGS[name] }));
}
