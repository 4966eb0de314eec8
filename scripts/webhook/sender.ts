/** The description of a webhook source that `npm run webhook` and the suites imitate. */

/** Creates the JSON value of an event. `now` is in milliseconds since the epoch. */
export type Make = (event: { id: string; type: string; now: number }) => unknown;

export interface Sender {
  /** The events that the source can send, by type. */
  readonly events: Readonly<Record<string, Make>>;
  /** Returns the headers of a request, with the signature of its body. */
  readonly headers: (event: Unsigned) => Record<string, string>;
  /** Examples of these headers for the OpenAPI document, by name. The signatures are invented. Default: `value`. */
  readonly headerExamples?: Readonly<Record<string, string>>;
  /** Returns a new event id in the source's format. Default: a UUID. */
  readonly freshId?: () => string;
  /** Returns a new random secret in the source's format. Default: 24 bytes in hexadecimal digits. */
  readonly newSecret?: () => string;
  /** The source may send the JSON in the field `payload` of a form. */
  readonly form?: true;
}

export interface Unsigned {
  /** The event's type, which GitHub sends in a header. */
  readonly type: string;
  /** The event's id, which Clerk and GitHub send in a header. */
  readonly id: string;
  readonly body: string;
  readonly secret: string;
  /** Returns the HMAC-SHA-256 of a text under the secret, in hexadecimal digits, as most sources sign. */
  readonly hmac: (text: string) => string;
  /** The time of the signature, in milliseconds since the epoch. */
  readonly now: number;
}
