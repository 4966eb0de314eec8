/** Returns the text of the static file: the same routes with an `import` declaration for each `import()`. */
export function staticRoutes(source: string): string;
/** Returns which file `#routes` names, or undefined for another file. */
export function choiceIn(project: string): "static" | "on-demand" | undefined;
/** Sets `#routes`, and writes or removes the static file. */
export function choose(project: string, choice: "static" | "on-demand"): void;
