/** Returns the request's id: the client's `X-Request-Id` if it is safe for headers and logs, else a new UUID. */
export function requestIdOf(request: Request): string {
  const given = request.headers.get("X-Request-Id");
  return given !== null && /^[A-Za-z0-9._-]{1,128}$/.test(given) ? given : crypto.randomUUID();
}
