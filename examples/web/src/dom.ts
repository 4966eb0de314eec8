/** Returns the element with this id. @throws Error if the page has no such element, so page and script do not match. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`The page has no ${kind.name} #${id}`);
  return element;
}

/** Returns the first element in another that matches a selector. @throws Error if no such element exists. */
export function within<T extends Element>(parent: ParentNode, selector: string, kind: new () => T): T {
  const element = parent.querySelector(selector);
  if (!(element instanceof kind)) throw new Error(`The page has no ${kind.name} ${selector}`);
  return element;
}

/** Copies the list entry of a template. */
export function entry(template: string): HTMLLIElement {
  const copy = byId(template, HTMLTemplateElement).content.cloneNode(true) as DocumentFragment;
  return within(copy, "li", HTMLLIElement);
}

/** Returns the text of a form field; an empty string for a file or a missing field. */
export function textOf(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name);
  return typeof value === "string" ? value : "";
}

/**
 * Announces an event: screen readers read it, and the page shows it in a corner.
 *
 * @param undo offers to take the event back, until the next announcement.
 */
export function say(what: string, undo?: () => void): void {
  byId("status", HTMLParagraphElement).textContent = what;
  const button = byId("undo", HTMLButtonElement);
  button.hidden = undo === undefined;
  button.onclick = undo ?? null;
}
