/**
 * The OpenAPI document and the reference page. They have a separate module, because they are larger than all other modules
 * that a request loads. They are queries, because Convex caches query results.
 */
import { v } from "convex/values";
import openApi from "../openapi/openapi.json";
import { internalQuery } from "./_generated/server";
import { weightOf } from "./lib/accept.lib";
import { checksum } from "./lib/checksum.lib";
import { docsSettings, siteUrl } from "./lib/env.lib";
import { CDN_SCRIPT, referencePage, referencePolicy } from "./lib/reference.lib";

const reply = v.object({ body: v.string(), headers: v.record(v.string(), v.string()) });

/** Returns the OpenAPI document with this deployment as its server. */
export const document = internalQuery({
  args: {},
  returns: reply,
  handler: () => {
    const body = JSON.stringify({ ...openApi, servers: [{ url: siteUrl() || "/" }] });
    return { body, headers: { "Content-Type": "application/json", ETag: etagOf(body) } };
  },
});

/** Returns the reference page with its own Content-Security-Policy, which replaces the policy of the API. */
export const page = internalQuery({
  args: {},
  returns: reply,
  handler: () => {
    const { script: configured, files } = docsSettings();
    const script = configured?.trim() || CDN_SCRIPT;
    const body = referencePage({ title: openApi.info.title, document: "/openapi.json", script });
    const api = [siteUrl(), files ?? ""].filter((url) => url !== "");
    const policy = `${referencePolicy(script, api)}; frame-ancestors 'none'`;
    const headers = {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": policy,
      ETag: etagOf(body + policy),
    };
    return { body, headers };
  },
});

/** Returns whether an `Accept` header prefers HTML to JSON. */
export const prefersPage = internalQuery({
  args: { accept: v.string() },
  returns: v.boolean(),
  handler: (_ctx, { accept }) => weightOf("text/html", accept) > weightOf("application/json", accept),
});

const etagOf = (text: string) => `"${text.length.toString(36)}-${checksum(text)}"`;
