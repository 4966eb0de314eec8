/**
 * Every event that partners can subscribe to. An event is one entry: its name, who may see it, the schema of its data in the
 * OpenAPI document, and the function that makes the data. A line of `emit` where the change is made sends it.
 *
 * @example "note.created": ownersEvent("notes:read", "Note", toNote),
 */
import type { Doc, Id } from "../_generated/dataModel";
import type { Scope } from "../identity/scopes.lib";
import { toPayment, toSubscription } from "../views/billing.lib";
import { toFile } from "../views/file.lib";
import { toItem } from "../views/item.lib";
import { toJob } from "../views/job.lib";
import { toKey } from "../views/key.lib";
import { toUser } from "../views/user.lib";

/** An event about a `Subject`, which is usually a document. */
export type Event<Subject> = {
  /** The scope that the owner of an endpoint needs, and the key that made it. */
  readonly scope: Scope;
  /** The name of a schema in the components of the OpenAPI document. A deleted thing has `DeletedResource`. */
  readonly schema: string;
  /** Makes the `data` of the event: what GET shows. */
  readonly data: (subject: Subject) => object;
  /** Returns the user whose endpoints get the event. Absent if the endpoints of every user may get it. */
  readonly owner?: (subject: Subject) => Id<"users">;
  /** Returns the id of the user that the data describes. The event is erased with the user. */
  readonly about?: (subject: Subject) => Id<"users">;
};

type Owned = { ownerId: Id<"users"> } | { userId: Id<"users"> };

/** An event that only the endpoints of the subject's owner get. */
const ownersEvent = <Subject extends Owned>(
  scope: Scope,
  schema: string,
  data: (subject: Subject) => object,
): Event<Subject> => ({
  scope,
  schema,
  data,
  owner: (subject) => ("ownerId" in subject ? subject.ownerId : subject.userId),
});

/** An event that the endpoints of every user with the scope get. */
const deploymentEvent = <Subject>(
  scope: Scope,
  schema: string,
  data: (subject: Subject) => object,
  about?: (subject: Subject) => Id<"users">,
): Event<Subject> => ({ scope, schema, data, ...(about && { about }) });

const DELETED = "DeletedResource";
const toId = ({ _id }: { _id: string }) => ({ id: _id });
const userId = ({ _id }: { _id: Id<"users"> }) => _id;

export const EVENTS = {
  "item.created": ownersEvent("items:read", "Item", toItem),
  "item.updated": ownersEvent("items:read", "Item", toItem),
  "item.deleted": ownersEvent<Doc<"items">>("items:read", DELETED, toId),
  "file.created": ownersEvent("files:read", "StoredFile", toFile),
  "file.deleted": ownersEvent("files:read", DELETED, (file: Doc<"files">) => ({ id: file.storageId })),
  "job.succeeded": ownersEvent("jobs:read", "Job", toJob),
  "job.failed": ownersEvent("jobs:read", "Job", toJob),
  "key.created": ownersEvent("keys:read", "Key", toKey),
  "key.rotated": ownersEvent("keys:read", "Key", toKey),
  "key.revoked": ownersEvent("keys:read", "Key", toKey),
  "user.created": deploymentEvent("users:read", "User", toUser, userId),
  "user.updated": deploymentEvent("users:read", "User", toUser, userId),
  "user.deleted": deploymentEvent<Doc<"users">>("users:read", DELETED, toId),
  "payment.updated": deploymentEvent("billing:read", "Payment", toPayment),
  "subscription.updated": deploymentEvent("billing:read", "Subscription", toSubscription),
};

export type EventType = keyof typeof EVENTS;
export type SubjectOf<T extends EventType> = Parameters<(typeof EVENTS)[T]["data"]>[0];

export const EVENT_TYPES = Object.keys(EVENTS) as EventType[];

/** The type of test events. An endpoint gets them without a subscription. */
export const PING = "ping";

/** Every value that an endpoint can subscribe to: the types, `key.*` for each resource, and `*`. */
export const PATTERNS: readonly string[] = [
  ...EVENT_TYPES,
  ...new Set(EVENT_TYPES.map((type) => `${resourceOf(type)}.*`)),
  "*",
];

/** Returns whether one of an endpoint's patterns includes a type. */
export const subscribes = (patterns: readonly string[], type: string): boolean =>
  patterns.includes("*") || patterns.includes(type) || patterns.includes(`${resourceOf(type)}.*`);

/** Returns whether the patterns include an event that is not about the owner's own resources. */
export const subscribesToDeployment = (patterns: readonly string[]): boolean =>
  EVENT_TYPES.some((type) => EVENTS[type].owner === undefined && subscribes(patterns, type));

/** Returns the scope that an event needs. Undefined for `ping`, and for a type that is no longer declared. */
export const scopeOf = (type: string): Scope | undefined =>
  Object.hasOwn(EVENTS, type) ? EVENTS[type as EventType].scope : undefined;

function resourceOf(type: string): string {
  return type.slice(0, type.indexOf("."));
}
