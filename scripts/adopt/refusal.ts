/** An error of the command's user. Its message has the reason and the remedy. */
export class Refusal extends Error {}
