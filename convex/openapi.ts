/**
 * The OpenAPI document and the reference page. They have a module of their own because they are larger than everything else
 * that a request loads. They are queries because Convex caches the results of queries.
 */
import { v } from "convex/values";
import openApi from "../openapi/openapi.json";
import { internalQuery } from "./_generated/server";
import { weightOf } from "./lib/accept.lib";
import { checksum } from "./lib/hash.lib";
import { contactOf, deployedDocument } from "./lib/deployedDocument.lib";
import { docsSettings, publicPath, publicUrl } from "./lib/env.lib";
import { CDN_SCRIPT, referencePage, referencePolicy } from "./lib/reference.lib";

/** Returns the OpenAPI document with the address and the contact of this deployment. */
export const document = internalQuery({
  args: {},
  returns: v.object({ body: v.string(), etag: v.string() }),
  handler: () => {
    const body = JSON.stringify(deployedDocument(openApi, publicUrl(), contactOf(docsSettings().contact)));
    return { body, etag: etagOf(body) };
  },
});

/** Returns the reference page and its `Content-Security-Policy`, which replaces the API's. */
export const page = internalQuery({
  args: {},
  returns: v.object({ body: v.string(), policy: v.string(), etag: v.string() }),
  handler: () => {
    const { script: configured, files } = docsSettings();
    const script = configured?.trim() || CDN_SCRIPT;
    const body = referencePage({
      title: openApi.info.title,
      document: `${publicPath()}/openapi.json`,
      script,
    });
    const api = [publicUrl(), files ?? ""].filter((url) => url !== "");
    const policy = `${referencePolicy(script, api)}; frame-ancestors 'none'`;
    return { body, policy, etag: etagOf(body + policy) };
  },
});

/** Returns whether a client's `Accept` header prefers HTML to JSON. */
export const prefersPage = internalQuery({
  args: { accept: v.string() },
  returns: v.boolean(),
  handler: (_ctx, { accept }) => weightOf("text/html", accept) > weightOf("application/json", accept),
});

const etagOf = (text: string) => `W/"${text.length.toString(36)}-${checksum(text)}"`;
