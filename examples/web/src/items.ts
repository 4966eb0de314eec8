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
/** The query of the page that comes next. */
let next: string | undefined;
/** Belongs to what stands in the form: whoever sends that twice gets one item. */
let once = crypto.randomUUID();

export async function showItems(signedIn: Session): Promise<void> {
  session = signedIn;
  list.replaceChildren();
  await showPage(PAGE);
}

/** Shows a page below those that are there. Answers the first of its items. */
async function showPage(query: string): Promise<HTMLLIElement | undefined> {
  // The query goes back as it came: what a cursor looks like is the API's own business.
  const reply = await session.api.GET("/api/items", { querySerializer: () => query });
  const rows = required(reply).map(row);
  list.append(...rows);
  next = nextOf(reply.response);
  showWhetherEmpty();
  return rows[0];
}

/** The button goes after the last page, so that the keyboard goes on with what it has brought. */
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
      shown.replaceWith(other);
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
  // What has been typed meanwhile is the next one.
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
