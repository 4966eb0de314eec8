/** The parts of a request and its reply that the document describes. */
export type Exchange = {
  method: string;
  /** Percent-encoded, without the query. */
  path: string;
  /** Undefined if the API refused the request: a refused request is not checked. */
  request: Sent | undefined;
  status: number;
  headers: Headers;
  /** The reply's body. Empty for a reply without a body. */
  body: string;
};

/** The query, headers and body of a request. */
export type Sent = {
  query: URLSearchParams;
  headers: Headers;
  /** Empty for a request without a body. */
  body: ArrayBuffer;
};

/** Returns the media type of `Content-Type` in lower case, without parameters, or undefined without the header. */
export const mediaTypeOf = (headers: Headers): string | undefined =>
  headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
