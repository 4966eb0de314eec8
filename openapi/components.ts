import type { JsonSchema } from "../convex/http/kit/described.kit";

const SECTIONS = [
  "schemas",
  "responses",
  "parameters",
  "examples",
  "requestBodies",
  "headers",
  "securitySchemes",
] as const;
type Section = (typeof SECTIONS)[number];

export type Reference = { $ref: string };

/** The components that operations share. A component is added at its first use, so the document has no unused components. */
export class Components {
  private readonly found = new Map<Section, Map<string, { value: JsonSchema; text: string }>>();

  /**
   * Adds a component, unless it exists.
   *
   * @returns A reference to the component.
   * @throws Error if a different component has this name.
   */
  use(section: Section, name: string, value: JsonSchema): Reference {
    const known = this.section(section).get(name);
    const text = JSON.stringify(value);
    if (known && known.text !== text) throw new Error(`Two different ${section} have the name ${name}`);
    if (!known) this.section(section).set(name, { value, text });
    return { $ref: `#/components/${section}/${name}` };
  }

  /** Returns the reply that a reference from `use` points to. */
  reply({ $ref }: Reference): JsonSchema {
    const name = $ref.split("/").at(-1) ?? "";
    const found = this.section("responses").get(name);
    if (!found) throw new Error(`${$ref} does not exist`);
    return found.value;
  }

  /** Returns the `components` of the document, by section and name. */
  toJSON(): JsonSchema {
    return Object.fromEntries(
      SECTIONS.flatMap((section) => {
        const members = [...this.section(section)].sort(([a], [b]) => (a < b ? -1 : 1));
        return members.length === 0
          ? []
          : [[section, Object.fromEntries(members.map(([name, { value }]) => [name, value]))]];
      }),
    );
  }

  private section(section: Section) {
    let members = this.found.get(section);
    if (!members) this.found.set(section, (members = new Map<string, { value: JsonSchema; text: string }>()));
    return members;
  }
}
