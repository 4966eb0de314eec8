/** The element of that id. @throws Error where the page has none of that kind: page and script do not belong together. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`The page has no ${kind.name} #${id}`);
  return element;
}

/** The first element inside another that a selector finds. @throws Error where there is none of that kind. */
export function within<T extends Element>(parent: ParentNode, selector: string, kind: new () => T): T {
  const element = parent.querySelector(selector);
  if (!(element instanceof kind)) throw new Error(`There is no ${kind.name} ${selector}`);
  return element;
}

/** A copy of the list entry that a template holds. */
export function entry(template: string): HTMLLIElement {
  const copy = byId(template, HTMLTemplateElement).content.cloneNode(true) as DocumentFragment;
  return within(copy, "li", HTMLLIElement);
}

/** What a form's field of that name holds; an empty text for a file or nothing. */
export function textOf(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name);
  return typeof value === "string" ? value : "";
}

/** Tells people who do not see the page what has happened, and the others in a corner of it. */
export function say(what: string): void {
  byId("said", HTMLParagraphElement).textContent = what;
}
