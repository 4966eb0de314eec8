/** Imitates GitHub. */
import type { Sender } from "./sender";

const repository = { id: 1, full_name: "octo-org/octo-repo" };
const sender = { login: "octocat" };

export const github: Sender = {
  events: {
    ping: () => ({ zen: "Keep it logically awesome.", hook_id: 1, repository, sender }),
    push: () => ({ ref: "refs/heads/main", repository, sender, commits: [] }),
    issues: () => ({ action: "opened", issue: { number: 1 }, repository, sender }),
    pull_request: () => ({ action: "closed", number: 2, repository, sender }),
    release: () => ({ action: "published", release: { tag_name: "v1" }, repository, sender }),
  },
  headers: ({ type, id, body, hmac }) => ({
    "X-GitHub-Event": type,
    "X-GitHub-Delivery": id,
    "X-Hub-Signature-256": `sha256=${hmac(body)}`,
  }),
  headerExamples: {
    "X-Hub-Signature-256": "sha256=8d0f4e7c1a2b3d4e5f60718293a4b5c6d7e8f92f8a54c1b09e4d7766e1a3c59b",
    "X-GitHub-Event": "push",
    "X-GitHub-Delivery": "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
  },
  form: true,
};
