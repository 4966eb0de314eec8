/** What went wrong: beside the field that it is about, else in a message of its own. */
import { Refusal, type Problem } from "./api";
import { byId, say } from "./dom";

const panel = byId("problem", HTMLElement);
const title = byId("problem-title", HTMLHeadingElement);
const detail = byId("problem-detail", HTMLParagraphElement);
const facts = byId("problem-facts", HTMLParagraphElement);

/** Where the keyboard was when a message came. */
let before: Element | null = null;

byId("problem-close", HTMLButtonElement).addEventListener("click", () => {
  clear();
  if (before instanceof HTMLElement) before.focus();
});

/**
 * Does something that may be refused, and shows why it was.
 *
 * @param at The form or button that it was asked with: it is busy, and does nothing else, until there is a reply.
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

/** An open dialog leaves everything outside of it out of reach, so that the message goes in there. */
function show(): void {
  before = document.activeElement;
  (document.querySelector("dialog[open]") ?? document.body).append(panel);
  panel.hidden = false;
}

function showRefusal({ problem, retryAfter }: Refusal, form: HTMLFormElement | undefined): void {
  const beside = form ? showBesideFields(problem, form) : false;
  if (beside) return;
  title.textContent = problem.title;
  detail.textContent = retryAfter === undefined ? problem.detail : `Try again in ${retryAfter} s.`;
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

/** A browser does not say why there was no reply, so that scripts learn nothing of other hosts. */
function showSilence(error: TypeError): void {
  title.textContent = "No answer";
  detail.textContent = `The API is not there, or its CORS_ORIGINS does not allow ${location.origin}.`;
  facts.textContent = error.message;
  show();
}

/** Says at each field what is wrong with it. Answers whether every failing field is in the form. */
function showBesideFields({ errors = [] }: Problem, form: HTMLFormElement): boolean {
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
