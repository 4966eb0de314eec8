/** Returns the text that a search for an item reads: its name and its description. Every write of an item stores it. */
export const itemText = ({
  name,
  description,
}: {
  name: string;
  description?: string | undefined;
}): string => (description === undefined ? name : `${name}\n${description}`);
