/** One request and its reply, as far as the document has a say in them. */
export type Exchange = {
  method: string;
  /** Percent-encoded, without the query. */
  path: string;
  /** Undefined where it was refused, so that nobody is to judge it. */
  request: Sent | undefined;
  status: number;
  headers: Headers;
  /** The reply's body; empty where it had none. */
  body: string;
};

/** What a request brought along. */
export type Sent = {
  query: URLSearchParams;
  headers: Headers;
  /** Empty where it had none. */
  body: ArrayBuffer;
};

/** A header's media type without its parameters, in lower case; undefined without the header. */
export const mediaTypeOf = (headers: Headers): string | undefined =>
  headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
