/** Edits one item. Every write sends the version that is shown, so that it never overwrites another client's change. */
import { Refusal, required, type Item, type Session } from "./api";
import { byId, say, textOf, within } from "./dom";
import { attempt } from "./problems";

const dialog = byId("editor", HTMLDialogElement);
const form = byId("edit", HTMLFormElement);
const nameField = within(form, "[name=name]", HTMLInputElement);
const conflict = byId("conflict", HTMLElement);
const version = byId("version", HTMLParagraphElement);

/** The open item, the ETag of the shown version, and a callback with the changed item, or undefined if it was deleted. */
type Open = { session: Session; item: Item; etag: string; changed: (item: Item | undefined) => void };
let open: Open;

/** Opens the editor with the current version of the item. */
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

/** Saves only if the item has not changed: the API compares `If-Match` with the current version. */
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
  say(`${item.name} is deleted.`, () => void attempt(() => restore(session, item, changed)));
}

/** Creates a deleted item again. It gets another id, because the API deletes permanently. */
async function restore(
  { api }: Session,
  { name, description }: Item,
  changed: Open["changed"],
): Promise<void> {
  const body = { name, ...(description !== undefined && { description }) };
  const item = required(await api.POST("/api/items", { body }));
  changed(item);
  say(`${item.name} is back.`);
}

/** Shows a conflicting change in the editor itself, with a button to load the newer version. */
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
