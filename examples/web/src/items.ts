import { nextOf, required, type Item, type Session } from "./api";
import { byId, entry, say, textOf, within } from "./dom";
import { openEditor } from "./editor";
import { attempt } from "./problems";

const list = byId("items", HTMLUListElement);
const none = byId("no-items", HTMLParagraphElement);
const more = byId("more", HTMLButtonElement);
const form = byId("create", HTMLFormElement);

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

async function showPage(query: string): Promise<void> {
  // The query goes back as it came: what a cursor looks like is the API's own business.
  const reply = await session.api.GET("/api/items", { querySerializer: () => query });
  list.append(...required(reply).map(row));
  next = nextOf(reply.response);
  showWhetherEmpty();
}

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
      within(other, "button", HTMLButtonElement).focus();
    } else shown.remove();
    showWhetherEmpty();
  };
  const button = within(shown, "button", HTMLButtonElement);
  button.addEventListener("click", () => void attempt(() => openEditor(session, item.id, changed)));
  return shown;
}

async function create(): Promise<void> {
  const description = textOf(form, "description");
  const reply = await session.api.POST("/api/items", {
    params: { header: { "Idempotency-Key": once } },
    body: { name: textOf(form, "name"), ...(description !== "" && { description }) },
  });
  const item = required(reply);
  list.prepend(row(item));
  showWhetherEmpty();
  form.reset();
  once = crypto.randomUUID();
  within(form, "[name=name]", HTMLInputElement).focus();
  say(`${item.name} is created.`);
}

form.addEventListener("input", () => (once = crypto.randomUUID()));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void attempt(create, form);
});
more.addEventListener("click", () => void attempt(() => showPage(next ?? PAGE)));
