/** The groups of operations, in the order in which readers find them. A group that is not here stands at the end. */
export const TAGS: Readonly<Record<string, string>> = {
  System: "What the API is, whether it works, and what its problems mean. Open to everyone.",
  Session: "What the caller's own credential is, and whose.",
  Items: "The caller's items: a resource that shows every convention at once.",
  Users: "The users of this deployment.",
  Keys: "The caller's API keys. A key is shown once, when it is made.",
  Data: "Open endpoints that take JSON and forms.",
  Jobs: "Work on a JSON value, at once or in the background.",
  Files: "The caller's files: uploaded through the API or directly, opened by a link.",
  Billing: "What Stripe's webhooks have recorded.",
  Webhooks: "Where webhook sources deliver. A signature takes the place of a credential.",
  "Webhook events": "The log of received webhooks, with replay.",
};
