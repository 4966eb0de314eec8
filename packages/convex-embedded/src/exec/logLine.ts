/** One line that a function wrote, or that the runtime has to say about one. */
export interface LogLine {
  readonly level: "debug" | "log" | "info" | "warn" | "error";
  /** The function, `items:get`; for HTTP actions `GET /items`; `null` for the runtime itself. */
  readonly path: string | null;
  readonly message: string;
}
