/** Shows errors: at the field that they concern, or else in a message. */
import { Refusal, type Problem } from "./api";
import { byId, say } from "./dom";

const panel = byId("problem", HTMLElement);
const title = byId("problem-title", HTMLHeadingElement);
const detail = byId("problem-detail", HTMLParagraphElement);
const facts = byId("problem-facts", HTMLParagraphElement);

type FieldError = NonNullable<Problem["errors"]>[number];

/** The focused element when a message was shown. */
let before: Element | null = null;

byId("problem-close", HTMLButtonElement).addEventListener("click", () => {
  clear();
  if (before instanceof HTMLElement) before.focus();
});

/**
 * Runs an action, and shows the problem if the API refuses it.
 *
 * @param at the form or button of the action. It is busy until there is a reply, and ignores further actions.
 */
export async function attempt(work: () => Promise<void>, at?: HTMLElement): Promise<void> {
  if (at?.ariaBusy === "true") return;
  const form = at instanceof HTMLFormElement ? at : undefined;
  clear();
  if (form) clearFields(form);
  if (at) at.ariaBusy = "true";
  try {
    await work();
  } catch (error) {
    if (error instanceof Refusal) showRefusal(error, form);
    else if (error instanceof TypeError) showSilence(error);
    else throw error;
  } finally {
    if (at) at.ariaBusy = null;
  }
}

function clear(): void {
  panel.hidden = true;
  say("");
}

/** Shows the message in an open dialog, because elements outside of the dialog cannot be reached. */
function show(): void {
  before = document.activeElement;
  (document.querySelector("dialog[open]") ?? document.body).append(panel);
  panel.hidden = false;
}

function showRefusal({ problem, retryAfter }: Refusal, form: HTMLFormElement | undefined): void {
  const beside = form ? showBesideFields(problem.errors ?? [], form) : false;
  if (beside) return;
  title.textContent = problem.title;
  detail.textContent = retryAfter === undefined ? problem.detail : `Try again in ${retryAfter} seconds.`;
  const meaning = Object.assign(document.createElement("a"), {
    href: problem.type,
    textContent: `${problem.status} ${problem.code}`,
    target: "_blank",
    rel: "noreferrer",
  });
  const id = Object.assign(document.createElement("code"), { textContent: problem.requestId });
  facts.replaceChildren(meaning, " · request ", id);
  show();
}

/**
 * Shows that there was no reply. Browsers hide the reason, so that scripts learn nothing about other hosts. They only say whether
 * this machine has a network.
 */
function showSilence(error: TypeError): void {
  title.textContent = navigator.onLine ? "No answer" : "You are offline";
  detail.textContent = navigator.onLine
    ? `The API cannot be reached, or its CORS_ORIGINS does not allow ${location.origin}.`
    : "Connect to a network, then try again. What you typed is still here.";
  facts.textContent = error.message;
  show();
}

/** Loads a section, or shows in it which scope the key lacks. Other errors are the caller's. */
export async function unlessForbidden(section: HTMLElement, load: () => Promise<void>): Promise<void> {
  try {
    await load();
  } catch (error) {
    if (!(error instanceof Refusal && error.problem.code === "insufficient_scope")) throw error;
    const textContent = `This key cannot list them: ${error.problem.detail}.`;
    section.append(Object.assign(document.createElement("p"), { className: "hint", textContent }));
  }
}

/** Shows each error at its field. @returns whether every invalid field is in the form. */
export function showBesideFields(
  errors: readonly Pick<FieldError, "path" | "message">[],
  form: HTMLFormElement,
): boolean {
  const shown = errors.map(({ path, message }) => {
    const field = form.elements.namedItem(path);
    if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) return undefined;
    const note = Object.assign(document.createElement("span"), {
      className: "wrong",
      id: `${form.id}-${path}-wrong`,
      textContent: message,
    });
    field.after(note);
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", note.id);
    return field;
  });
  shown.find((field) => field !== undefined)?.focus();
  return shown.length > 0 && !shown.includes(undefined);
}

function clearFields(form: HTMLFormElement): void {
  for (const note of form.querySelectorAll(".wrong")) note.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
}
