import { useState } from "react";
import { useGuest } from "./guest";

export function Join() {
  const { join } = useGuest();
  const [name, setName] = useState("");
  return (
    <form
      className="join"
      onSubmit={(event) => {
        event.preventDefault();
        join(name);
      }}
    >
      <label>
        Your name
        <input
          required
          autoFocus
          maxLength={30}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
      </label>
      <button>Join</button>
      <p className="hint">Anyone may use any name: this is an example.</p>
    </form>
  );
}
