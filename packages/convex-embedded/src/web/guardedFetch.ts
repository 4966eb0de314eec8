/**
 * A `fetch` that connects only to public addresses.
 *
 * A name that is public when a function checks it can resolve to a private address when `fetch` connects (DNS rebinding). This `fetch`
 * checks the addresses of the lookup that the connection uses, so there is no second lookup. It refuses a name if one of its
 * addresses is refused.
 */
import { lookup as systemLookup, type LookupAddress, type LookupOptions } from "node:dns";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { isAllowedAddress } from "./addressRules";
import { fetchFailed, nodeFetch } from "./nodeFetch";

/** Resolves a name to all of its addresses, like `dns.lookup` with `all`. */
export type Lookup = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export interface GuardOptions {
  /** Also allows loopback addresses. Other private addresses stay refused. */
  readonly allowLoopback: boolean;
  /** Default: the system's resolver. */
  readonly lookup?: Lookup | undefined;
  /** Trusted certificates in PEM format. Default: those of Node. */
  readonly ca?: string;
}

/** Milliseconds for which an unused connection is kept, as in Node's `fetch`. */
const KEEP_ALIVE_MS = 4_000;

/** Creates a guarded `fetch`. Redirects are not followed: with `redirect: "follow"`, the default, a redirect is an error. */
export function guardedFetch({ allowLoopback, lookup = systemLookup, ca }: GuardOptions): typeof fetch {
  const connection = {
    keepAlive: true,
    timeout: KEEP_ALIVE_MS,
    lookup: guardedLookup(lookup, allowLoopback),
  };
  const agents = {
    http: new HttpAgent(connection),
    // Certificates are checked, even if NODE_TLS_REJECT_UNAUTHORIZED is set.
    https: new HttpsAgent({ ...connection, rejectUnauthorized: true, ...(ca !== undefined && { ca }) }),
  };
  return async (input, init) => {
    const request = new Request(input, init);
    const host = new URL(request.url).hostname.replace(/^\[|\]$/g, "");
    // Node does not look up a host that is an address.
    if (isIP(host) !== 0 && !isAllowedAddress(host, allowLoopback)) throw fetchFailed(refusedHost(host));
    return nodeFetch(request, agents);
  };
}

/** Returns the lookup of a connection. It fails if one address is refused, so the choice of the address does not matter. */
export function guardedLookup(lookup: Lookup, allowLoopback: boolean): LookupFunction {
  return (hostname, options, callback) =>
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = error ? [] : addresses;
      if (error) callback(error, []);
      else if (!first || addresses.some(({ address }) => !isAllowedAddress(address, allowLoopback)))
        callback(refusedHost(hostname), []);
      else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
}

/** The message does not contain the address: it would tell the sender of a request what is in the private network. */
function refusedHost(host: string): NodeJS.ErrnoException {
  const message = `${host} leads to a private or reserved address`;
  return Object.assign(new Error(message), { code: "ERR_ADDRESS_REFUSED" });
}
