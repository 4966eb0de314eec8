/** One request and its reply, as far as the document has a say in them. */
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

/** A header's media type without its parameters, in lower case; undefined without the header. */
export const mediaTypeOf = (headers: Headers): string | undefined =>
  headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
