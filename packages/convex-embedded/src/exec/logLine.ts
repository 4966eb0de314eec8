/** One line of a function's log, or a message of the runtime about a function. */
export interface LogLine {
  readonly level: "debug" | "log" | "info" | "warn" | "error";
  /** The function, `items:get`; for HTTP actions `GET /items`; `null` for the runtime itself. */
  readonly path: string | null;
  readonly message: string;
}
