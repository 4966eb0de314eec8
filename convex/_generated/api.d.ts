/* eslint-disable */
/**
 * Generated `api` utility.
 *
 * THIS CODE IS AUTOMATICALLY GENERATED.
 *
 * To regenerate, run `npx convex dev`.
 * @module
 */

import type * as apiKeys from "../apiKeys.js";
import type * as audit from "../audit.js";
import type * as auth from "../auth.js";
import type * as clerk from "../clerk.js";
import type * as crons from "../crons.js";
import type * as data from "../data.js";
import type * as erasure from "../erasure.js";
import type * as files from "../files.js";
import type * as github from "../github.js";
import type * as health from "../health.js";
import type * as http from "../http.js";
import type * as idempotency from "../idempotency.js";
import type * as items from "../items.js";
import type * as jobs from "../jobs.js";
import type * as metrics from "../metrics.js";
import type * as migrations from "../migrations.js";
import type * as openapi from "../openapi.js";
import type * as outgoing_cleanUp from "../outgoing/cleanUp.js";
import type * as outgoing_deliveries from "../outgoing/deliveries.js";
import type * as outgoing_endpoints from "../outgoing/endpoints.js";
import type * as outgoing_fanOut from "../outgoing/fanOut.js";
import type * as outgoing_queue from "../outgoing/queue.js";
import type * as outgoing_secrets from "../outgoing/secrets.js";
import type * as outgoing_send from "../outgoing/send.js";
import type * as payments from "../payments.js";
import type * as problems from "../problems.js";
import type * as process from "../process.js";
import type * as rateLimits from "../rateLimits.js";
import type * as retention from "../retention.js";
import type * as stripe from "../stripe.js";
import type * as subscriptions from "../subscriptions.js";
import type * as usage from "../usage.js";
import type * as users from "../users.js";
import type * as webhookEvents from "../webhookEvents.js";
import type * as webhookProcessing from "../webhookProcessing.js";
import type * as webhooks_clerkEffects from "../webhooks/clerkEffects.js";
import type * as webhooks_githubEffects from "../webhooks/githubEffects.js";
import type * as webhooks_log from "../webhooks/log.js";
import type * as webhooks_process from "../webhooks/process.js";
import type * as webhooks_receive from "../webhooks/receive.js";
import type * as webhooks_stripeEffects from "../webhooks/stripeEffects.js";

import type {
  ApiFromModules,
  FilterApi,
  FunctionReference,
} from "convex/server";

declare const fullApi: ApiFromModules<{
  apiKeys: typeof apiKeys;
  audit: typeof audit;
  auth: typeof auth;
  clerk: typeof clerk;
  crons: typeof crons;
  data: typeof data;
  erasure: typeof erasure;
  files: typeof files;
  github: typeof github;
  health: typeof health;
  http: typeof http;
  idempotency: typeof idempotency;
  items: typeof items;
  jobs: typeof jobs;
  metrics: typeof metrics;
  migrations: typeof migrations;
  openapi: typeof openapi;
  "outgoing/cleanUp": typeof outgoing_cleanUp;
  "outgoing/deliveries": typeof outgoing_deliveries;
  "outgoing/endpoints": typeof outgoing_endpoints;
  "outgoing/fanOut": typeof outgoing_fanOut;
  "outgoing/queue": typeof outgoing_queue;
  "outgoing/secrets": typeof outgoing_secrets;
  "outgoing/send": typeof outgoing_send;
  payments: typeof payments;
  problems: typeof problems;
  process: typeof process;
  rateLimits: typeof rateLimits;
  retention: typeof retention;
  stripe: typeof stripe;
  subscriptions: typeof subscriptions;
  usage: typeof usage;
  users: typeof users;
  webhookEvents: typeof webhookEvents;
  webhookProcessing: typeof webhookProcessing;
  "webhooks/clerkEffects": typeof webhooks_clerkEffects;
  "webhooks/githubEffects": typeof webhooks_githubEffects;
  "webhooks/log": typeof webhooks_log;
  "webhooks/process": typeof webhooks_process;
  "webhooks/receive": typeof webhooks_receive;
  "webhooks/stripeEffects": typeof webhooks_stripeEffects;
}>;

/**
 * A utility for referencing Convex functions in your app's public API.
 *
 * Usage:
 * ```js
 * const myFunctionReference = api.myModule.myFunction;
 * ```
 */
export declare const api: FilterApi<
  typeof fullApi,
  FunctionReference<any, "public">
>;

/**
 * A utility for referencing Convex functions in your app's internal API.
 *
 * Usage:
 * ```js
 * const myFunctionReference = internal.myModule.myFunction;
 * ```
 */
export declare const internal: FilterApi<
  typeof fullApi,
  FunctionReference<any, "internal">
>;

export declare const components: {};
