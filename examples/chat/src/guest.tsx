/** The guest of this tab, and the tokens with which its requests run. */
import { ConvexHttpClient } from "convex/browser";
import { createContext, useCallback, useContext, useMemo, useState } from "react";
import type { ReactNode } from "react";
import { api } from "../convex/_generated/api";
import { CONVEX_URL } from "./deployment";

const STORED = "guest";

interface Guest {
  /** `null` before the log-in. */
  readonly name: string | null;
  readonly join: (name: string) => void;
  readonly leave: () => void;
}

const GuestContext = createContext<Guest | null>(null);

/** Remembers the guest's name until the tab is closed. */
export function GuestProvider({ children }: { readonly children: ReactNode }) {
  const [name, setName] = useState(() => sessionStorage.getItem(STORED));
  const guest = useMemo(
    () => ({
      name,
      join: (joined: string) => {
        sessionStorage.setItem(STORED, joined);
        setName(joined);
      },
      leave: () => {
        sessionStorage.removeItem(STORED);
        setName(null);
      },
    }),
    [name],
  );
  return <GuestContext value={guest}>{children}</GuestContext>;
}

export function useGuest(): Guest {
  const guest = useContext(GuestContext);
  if (guest === null) throw new Error("useGuest needs a GuestProvider");
  return guest;
}

/** The hook that `ConvexProviderWithAuth` asks for a token, and again before the token expires. */
export function useGuestAuth() {
  const { name } = useGuest();
  const fetchAccessToken = useCallback(
    () => (name === null ? Promise.resolve(null) : tokenFor(name)),
    [name],
  );
  return useMemo(
    () => ({ isLoading: false, isAuthenticated: name !== null, fetchAccessToken }),
    [name, fetchAccessToken],
  );
}

/** Returns `null` if the functions refuse the name. The client waits for the token, so it asks over HTTP. */
async function tokenFor(name: string): Promise<string | null> {
  const http = new ConvexHttpClient(CONVEX_URL);
  return http.action(api.guests.token, { name }).catch((error: unknown) => {
    console.warn("No token:", error);
    return null;
  });
}
