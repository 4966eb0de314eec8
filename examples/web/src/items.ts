import { nextOf, required, type Item, type Session } from "./api";
import { byId, entry, say, textOf, within } from "./dom";
import { openEditor } from "./editor";
import { attempt } from "./problems";

const list = byId("items", HTMLUListElement);
const none = byId("no-items", HTMLParagraphElement);
const more = byId("more", HTMLButtonElement);
const form = byId("create", HTMLFormElement);
const nameField = within(form, "[name=name]", HTMLInputElement);

const PAGE = "limit=10";
const when = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

let session: Session;
/** The query of the next page. */
let next: string | undefined;
/** The idempotency key of the form's content, so that sending the form twice creates one item. */
let once = crypto.randomUUID();

export async function showItems(signedIn: Session): Promise<void> {
  session = signedIn;
  list.replaceChildren();
  await showPage(PAGE);
}

/** Adds a page to the list. @returns its first item. */
async function showPage(query: string): Promise<HTMLLIElement | undefined> {
  // The query is sent back unchanged, because cursors are opaque.
  const reply = await session.api.GET("/api/items", { querySerializer: () => query });
  const rows = required(reply).map(row);
  list.append(...rows);
  next = nextOf(reply.response);
  showWhetherEmpty();
  return rows[0];
}

/** Moves the focus to the new items, because the button is hidden after the last page. */
async function showMore(): Promise<void> {
  const first = await showPage(next ?? PAGE);
  if (first) focusOn(first);
}

const focusOn = (shown: Element) => within(shown, "button", HTMLButtonElement).focus();

function showWhetherEmpty(): void {
  more.hidden = next === undefined;
  none.hidden = list.children.length > 0;
}

function row(item: Item): HTMLLIElement {
  const shown = entry("item-template");
  within(shown, ".name", HTMLSpanElement).textContent = item.name;
  within(shown, ".description", HTMLSpanElement).textContent = item.description ?? "";
  const time = within(shown, "time", HTMLTimeElement);
  time.dateTime = item.updatedAt;
  time.textContent = when.format(new Date(item.updatedAt));
  const changed = (now: Item | undefined) => {
    if (now) {
      const other = row(now);
      // A deleted item that is created again is the newest.
      if (shown.isConnected) shown.replaceWith(other);
      else list.prepend(other);
      focusOn(other);
    } else {
      const neighbour = shown.nextElementSibling ?? shown.previousElementSibling;
      shown.remove();
      if (neighbour) focusOn(neighbour);
      else nameField.focus();
    }
    showWhetherEmpty();
  };
  const button = within(shown, "button", HTMLButtonElement);
  button.addEventListener("click", () => void attempt(() => openEditor(session, item.id, changed), button));
  return shown;
}

async function create(): Promise<void> {
  const sent = once;
  const description = textOf(form, "description");
  const reply = await session.api.POST("/api/items", {
    params: { header: { "Idempotency-Key": sent } },
    body: { name: textOf(form, "name"), ...(description !== "" && { description }) },
  });
  const item = required(reply);
  list.prepend(row(item));
  showWhetherEmpty();
  // Text that was typed during the request is kept for the next item.
  if (once === sent) {
    form.reset();
    once = crypto.randomUUID();
    nameField.focus();
  }
  say(`${item.name} is created.`);
}

form.addEventListener("input", () => (once = crypto.randomUUID()));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void attempt(create, form);
});
more.addEventListener("click", () => void attempt(showMore, more));
