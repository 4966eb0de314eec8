import { useQuery } from "convex/react";
import { api } from "../convex/_generated/api";
import { MessageList } from "./Messages";

/** The messages that match the words. New matches appear while the list is shown. */
export function Search({ words }: { readonly words: string }) {
  const found = useQuery(api.messages.search, { words });
  if (found === undefined) return <p className="hint">Searching …</p>;
  return (
    <>
      <MessageList label="Found messages" messages={found} />
      {found.length === 0 && <p className="hint">Nothing found.</p>}
    </>
  );
}
