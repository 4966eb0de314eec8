import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ApiContext } from "./env.kit";
import { failureOf, platformFailureOf, publicUrl, type Failure, type FailureCode } from "./product.kit";

type Catalogue = Readonly<Record<FailureCode, { status: ContentfulStatusCode; title: string }>>;

/** The URL that explains a problem. It is built from the API's public URL, never from a Host header. */
const problemUrl = (code: FailureCode): string => `${publicUrl()}/problems/${code}`;

/**
 * Renders any thrown value as a problem. A platform error that means "unavailable for now" becomes `unavailable`. Any
 * other unexpected error becomes only `Internal server error`; its cause goes to the log.
 *
 * @param catalogue The status and title of each code. An argument, because an import would add the catalogue to every request.
 */
export function problem(c: ApiContext, error: unknown, catalogue: Catalogue): Response {
  const failure = failureOf(error) ?? platformFailureOf(error);
  const { code, detail, errors, headers } = failure && failure.code !== "internal" ? failure : UNEXPECTED;
  const { status, title } = catalogue[code];
  const body = {
    type: problemUrl(code),
    title,
    status,
    code,
    detail,
    error: detail,
    requestId: c.get("requestId"),
    ...(errors && { errors }),
  };
  return c.body(JSON.stringify(body), status, { ...headers, "Content-Type": "application/problem+json" });
}

/** The only information that a caller gets about an unexpected error. */
const UNEXPECTED: Failure = { kind: "failure", code: "internal", detail: "Internal server error" };
