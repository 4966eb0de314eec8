/**
 * The facts about a webhook source that the suites of all sources need. A source declares them in
 * `convex/http/webhooks/NAME.source.testing.ts`, which exports `source`. This file collects them.
 */
import type { WebhookSource } from "../../../scripts/webhook/senders";

export type Headers = Readonly<Record<string, string>>;

export type TestedSource = {
  name: WebhookSource;
  /** The secrets that the server of the suites accepts. The first one signs. */
  secrets: readonly [string, ...string[]];
  /** Returns the secret that a text stands for. Default: the text. */
  secretOf?: (text: string) => string;
  /** A type of event that changes nothing, and whether the source's handler knows it. */
  type: string;
  handled: boolean;
  /** The header with the signatures, and the text between two of them. */
  signatureHeader: string;
  separator: string;
  /** The detail of the refusal of a webhook without a signature. */
  unsigned: string;
  /** The maximum size of a body, in MiB. */
  mebibytes: number;
  /** Returns a signature with any text as the secret, even one that the source's library refuses. `at` is in seconds. */
  sign: (secret: string, body: string, at: number) => string;
  /**
   * For a source that signs a time: returns forgeries of signed headers, with the time `at` (in seconds) in place of or beside the
   * signed one.
   */
  withTime?: (headers: Headers, at: string) => Headers[];
};

const declared = Object.values(
  import.meta.glob<TestedSource>("../webhooks/*.source.testing.ts", { eager: true, import: "source" }),
);

/** All sources that the suites test, each after its name for the title of a test. */
export const EACH_SOURCE = declared.map((source) => [source.name, source] as const);

/** Returns the declaration of a source, or undefined if the source has none. */
export const sourceNamed = (name: string): TestedSource | undefined =>
  declared.find((source) => source.name === name);

/** Returns the secret that a text stands for in the format of the source. */
export const secretFor = ({ secretOf }: TestedSource, text: string): string => secretOf?.(text) ?? text;
