/** Edits one item. What somebody else has changed meanwhile is never overwritten unseen: every write says what it has seen. */
import { Refusal, required, type Item, type Session } from "./api";
import { byId, say, textOf, within } from "./dom";
import { attempt } from "./problems";

const dialog = byId("editor", HTMLDialogElement);
const form = byId("edit", HTMLFormElement);
const nameField = within(form, "[name=name]", HTMLInputElement);
const conflict = byId("conflict", HTMLElement);
const version = byId("version", HTMLParagraphElement);

/** What is open: the version that is seen, and who hears what became of it; undefined if it is gone. */
type Open = { session: Session; item: Item; etag: string; changed: (item: Item | undefined) => void };
let open: Open;

/** Opens the editor on the item as it is now. */
export async function openEditor(session: Session, id: string, changed: Open["changed"]): Promise<void> {
  const reply = await session.api.GET("/api/items/{itemId}", { params: { path: { itemId: id } } });
  const item = required(reply);
  open = { session, item, changed, etag: reply.response.headers.get("ETag") ?? "" };
  nameField.value = item.name;
  within(form, "[name=description]", HTMLTextAreaElement).value = item.description ?? "";
  version.textContent = `Version ${open.etag}`;
  conflict.hidden = true;
  if (dialog.open) nameField.focus();
  else dialog.showModal();
}

/** Writes only if nobody else has since: the API compares `If-Match` with what is there. */
const guarded = () => ({
  path: { itemId: open.item.id },
  header: { "If-Match": open.etag },
});

async function save(): Promise<void> {
  const { session, changed } = open;
  const description = textOf(form, "description");
  const reply = await session.api.PATCH("/api/items/{itemId}", {
    params: guarded(),
    body: { name: textOf(form, "name"), description: description === "" ? null : description },
  });
  const item = required(reply);
  dialog.close();
  changed(item);
  say(`${item.name} is saved.`);
}

async function remove(): Promise<void> {
  const { session, item, changed } = open;
  required(await session.api.DELETE("/api/items/{itemId}", { params: guarded() }));
  dialog.close();
  changed(undefined);
  say(`${item.name} is deleted.`);
}

/** Shows that somebody was faster in the editor itself, where there is something to do about it. */
const orConflict = (work: () => Promise<void>) => async () => {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refusal && error.problem.code === "precondition_failed")) throw error;
    conflict.hidden = false;
    byId("reload", HTMLButtonElement).focus();
  }
};

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void attempt(orConflict(save), form);
});
byId("delete", HTMLButtonElement).addEventListener("click", () => void attempt(orConflict(remove), form));
byId("cancel", HTMLButtonElement).addEventListener("click", () => dialog.close());
byId("reload", HTMLButtonElement).addEventListener("click", () => {
  const { session, item, changed } = open;
  void attempt(() => openEditor(session, item.id, changed), form);
});
