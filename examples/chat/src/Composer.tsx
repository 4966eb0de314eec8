import { insertAtTop, useMutation } from "convex/react";
import { ConvexError } from "convex/values";
import { useState } from "react";
import { api } from "../convex/_generated/api";
import type { Id } from "../convex/_generated/dataModel";
import { useGuest } from "./guest";

/** Sends messages. A message is shown at once, and disappears again if the function refuses it. */
export function Composer() {
  const { name } = useGuest();
  const [body, setBody] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const send = useMutation(api.messages.send).withOptimisticUpdate((localQueryStore, message) =>
    insertAtTop({
      paginatedQuery: api.messages.list,
      localQueryStore,
      item: {
        // The list needs a key until the function has made the id.
        _id: `sending-${crypto.randomUUID()}` as Id<"messages">,
        _creationTime: Date.now(),
        author: name ?? "",
        body: message.body,
      },
    }),
  );

  async function submit(): Promise<void> {
    setBody("");
    setProblem(null);
    try {
      await send({ body });
    } catch (error) {
      setProblem(error instanceof ConvexError ? String(error.data) : "The message was not sent.");
      // The text is not lost, unless the next message has been begun.
      setBody((next) => (next === "" ? body : next));
    }
  }

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <input
        aria-label="Message"
        placeholder="Message"
        autoComplete="off"
        value={body}
        onChange={({ target }) => setBody(target.value)}
      />
      <button disabled={body.trim() === ""}>Send</button>
      {problem !== null && (
        <p role="alert" className="problem">
          {problem}
        </p>
      )}
    </form>
  );
}
