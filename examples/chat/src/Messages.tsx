import { useMutation, usePaginatedQuery } from "convex/react";
import { api } from "../convex/_generated/api";
import type { Doc } from "../convex/_generated/dataModel";
import { useGuest } from "./guest";

const PAGE = 20;

/** All messages, page by page, the newest first. Each page is live. */
export function Messages() {
  const { results, status, loadMore } = usePaginatedQuery(api.messages.list, {}, { initialNumItems: PAGE });
  if (status === "LoadingFirstPage") return <p className="hint">Loading …</p>;
  return (
    <>
      <MessageList label="Messages" messages={results} />
      {results.length === 0 && <p className="hint">No messages yet. Write the first one.</p>}
      {status !== "Exhausted" && (
        <button className="quiet" disabled={status === "LoadingMore"} onClick={() => loadMore(PAGE)}>
          Show older messages
        </button>
      )}
    </>
  );
}

export function MessageList({
  label,
  messages,
}: {
  readonly label: string;
  readonly messages: Doc<"messages">[];
}) {
  return (
    <ol aria-label={label} className="messages">
      {messages.map((message) => (
        <Message key={message._id} message={message} />
      ))}
    </ol>
  );
}

function Message({ message }: { readonly message: Doc<"messages"> }) {
  const { name } = useGuest();
  const remove = useMutation(api.messages.remove).withOptimisticUpdate((store, { id }) => {
    for (const { args, value } of store.getAllQueries(api.messages.list)) {
      if (value === undefined) continue;
      store.setQuery(api.messages.list, args, { ...value, page: value.page.filter(({ _id }) => _id !== id) });
    }
  });
  return (
    <li className={message.author === name ? "own" : undefined}>
      <span className="author">{message.author}</span>
      <span className="body" dir="auto">
        {message.body}
      </span>
      <time dateTime={new Date(message._creationTime).toISOString()}>
        {new Date(message._creationTime).toLocaleTimeString([], { timeStyle: "short" })}
      </time>
      {message.author === name && (
        <button className="quiet" aria-label="Delete" onClick={() => void remove({ id: message._id })}>
          ×
        </button>
      )}
    </li>
  );
}
