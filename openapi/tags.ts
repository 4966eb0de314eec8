/** The groups of operations, in the order of the reference page. An unlisted group comes last. */
export const TAGS: Readonly<Record<string, string>> = {
  System: "Information about the API, its health and its problems. No credential is required.",
  Session: "The caller's own credential and its owner.",
  Items: "The caller's items: a resource that shows every convention at once.",
  Users: "The users of this deployment.",
  Keys: "The caller's API keys. A key is shown once, when it is created.",
  Data: "Open endpoints that take JSON and forms.",
  Jobs: "Jobs on a JSON value, synchronous or in the background.",
  Files: "The caller's files: uploaded through the API or directly, opened by a link.",
  Billing: "The payments and subscriptions that Stripe's webhooks have recorded.",
  Webhooks: "Endpoints for webhook sources. A signature replaces the credential.",
  "Webhook endpoints": "The addresses of partners that get events, and the deliveries to them.",
  Events: "What the API sends to the endpoints of partners.",
  "Webhook events": "The log of received webhooks, with replay.",
};
