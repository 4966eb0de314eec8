import {
  Authenticated,
  AuthLoading,
  Unauthenticated,
  useConvexConnectionState,
  useQuery,
} from "convex/react";
import { useState } from "react";
import { api } from "../convex/_generated/api";
import { Composer } from "./Composer";
import { useGuest } from "./guest";
import { Join } from "./Join";
import { Messages } from "./Messages";
import { Search } from "./Search";

export function App() {
  return (
    <>
      <header>
        <h1>Chat</h1>
        <Connection />
        <Authenticated>
          <Account />
        </Authenticated>
      </header>
      <main>
        <AuthLoading>
          <p className="hint">Joining …</p>
        </AuthLoading>
        <Unauthenticated>
          <Join />
        </Unauthenticated>
        <Authenticated>
          <Room />
        </Authenticated>
      </main>
    </>
  );
}

function Room() {
  const [words, setWords] = useState("");
  return (
    <>
      <input
        type="search"
        aria-label="Search"
        placeholder="Search"
        value={words}
        onChange={({ target }) => setWords(target.value)}
      />
      {words.trim() === "" ? <Messages /> : <Search words={words} />}
      <Composer />
    </>
  );
}

/** Shows the name that the functions see, not the one that this tab remembers. */
function Account() {
  const { leave } = useGuest();
  const name = useQuery(api.guests.me);
  return (
    <span className="account">
      <span>{name}</span>
      <button className="quiet" onClick={leave}>
        Leave
      </button>
    </span>
  );
}

function Connection() {
  const { isWebSocketConnected, hasInflightRequests } = useConvexConnectionState();
  const state = !isWebSocketConnected ? "offline" : hasInflightRequests ? "sending" : "live";
  return (
    <span role="status" className={`connection ${state}`}>
      {state}
    </span>
  );
}
