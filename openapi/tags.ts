/**
 * The groups of operations, in the order of the reference page. An unlisted group comes last. `System` has what operators and
 * programs need, so it follows the operations that callers use.
 */
export const TAGS: Readonly<Record<string, string>> = {
  Session: "The caller's own credential and its owner.",
  Items: "The caller's items. They demonstrate every convention of the API.",
  Users: "The users of this deployment.",
  Keys: "The caller's API keys. A key is shown once, when it is created.",
  Data: "Public endpoints that accept JSON and forms.",
  Jobs: "Work on a JSON value, done synchronously or as a background job.",
  Files: "The caller's files. Upload them through the API or directly to storage, and open them by link.",
  Billing: "The payments and subscriptions that Stripe's webhooks have recorded.",
  Webhooks: "Endpoints for webhook sources. A signature replaces the credential.",
  "Webhook endpoints": "The addresses of partners that get events, and the deliveries to them.",
  Events: "What the API sends to the endpoints of partners.",
  Audit: "Who changed keys, endpoints and the rights of users.",
  "Webhook events": "The log of received webhooks, with replay.",
  System: "Information about the API, its health and its problems. No credential is required.",
};
