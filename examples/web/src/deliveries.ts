/** The events that the API sends to the user's addresses: registration, a live list of the deliveries, and sending again. */
import { required, type Delivery, type Endpoint, type Session } from "./api";
import { byId, entry, say, textOf, within } from "./dom";
import { attempt } from "./problems";

const form = byId("subscribe", HTMLFormElement);
const secret = byId("secret", HTMLParagraphElement);
const chosen = byId("endpoint", HTMLDivElement);
const select = within(chosen, "select", HTMLSelectElement);
const test = byId("test", HTMLButtonElement);
const list = byId("deliveries", HTMLUListElement);
const none = byId("no-deliveries", HTMLParagraphElement);

/** Milliseconds between two readings. The page reads only while it is visible and an address is registered. */
const POLL_MS = 3_000;
const SHOWN = 10;
const when = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

let session: Session;
let timer: ReturnType<typeof setTimeout> | undefined;

export async function showDeliveries(signedIn: Session): Promise<void> {
  session = signedIn;
  const endpoints = required(await session.api.GET("/api/webhook-endpoints"));
  select.replaceChildren(...endpoints.map(option));
  await refresh();
}

function option({ id, url }: Endpoint): HTMLOptionElement {
  return Object.assign(document.createElement("option"), { value: id, textContent: url });
}

/** Reads the newest deliveries of the chosen address, and again after a while. */
async function refresh(): Promise<void> {
  clearTimeout(timer);
  const id = select.value;
  chosen.hidden = id === "";
  if (id === "") return;
  const params = { path: { id }, query: { limit: SHOWN } };
  try {
    const deliveries = required(await session.api.GET("/api/webhook-endpoints/{id}/deliveries", { params }));
    // The user may have chosen another address during the request.
    if (id === select.value) show(deliveries);
  } finally {
    clearTimeout(timer);
    timer = setTimeout(() => void poll(), POLL_MS);
  }
}

/** A reading that fails is repeated. Only actions of the user show problems. */
async function poll(): Promise<void> {
  if (document.visibilityState === "hidden") return;
  await refresh().catch(() => undefined);
}

/** Updates the entries in place, so that the focus stays where it is. */
function show(deliveries: readonly Delivery[]): void {
  const before = new Map([...list.children].map((shown) => [(shown as HTMLLIElement).dataset["id"], shown]));
  const rows = deliveries.map((delivery) => {
    const shown = (before.get(delivery.id) as HTMLLIElement | undefined) ?? row(delivery.id);
    fill(shown, delivery);
    return shown;
  });
  for (const shown of [...list.children]) if (!rows.includes(shown as HTMLLIElement)) shown.remove();
  rows.forEach((shown, at) => {
    if (list.children[at] !== shown) list.insertBefore(shown, list.children[at] ?? null);
  });
  none.hidden = rows.length > 0;
}

function row(id: string): HTMLLIElement {
  const shown = entry("delivery-template");
  shown.dataset["id"] = id;
  const button = within(shown, "button", HTMLButtonElement);
  button.addEventListener("click", () => {
    if (button.ariaDisabled !== "true") void attempt(() => retry(id), button);
  });
  return shown;
}

function fill(shown: HTMLLIElement, { type, status, attempts, nextAttemptAt }: Delivery): void {
  const last = attempts.at(-1);
  within(shown, ".type", HTMLSpanElement).textContent = type;
  const state = within(shown, ".state", HTMLSpanElement);
  state.textContent = status;
  state.dataset["state"] = status;
  const reply = last?.error ?? (last?.status === undefined ? "" : `${last.status} in ${last.durationMs} ms`);
  const next = nextAttemptAt === undefined ? "" : `next attempt at ${when.format(new Date(nextAttemptAt))}`;
  within(shown, ".reply", HTMLSpanElement).textContent = [reply, next]
    .filter((text) => text !== "")
    .join(", ");
  const button = within(shown, "button", HTMLButtonElement);
  button.ariaLabel = `Send again: ${type}`;
  // A hidden button would lose the focus.
  button.ariaDisabled = status === "pending" ? "true" : null;
}

async function retry(id: string): Promise<void> {
  required(await session.api.POST("/api/webhook-deliveries/{id}/retry", { params: { path: { id } } }));
  say("The event is sent again.");
  await refresh();
}

async function subscribe(): Promise<void> {
  const body = { url: textOf(form, "url"), events: ["*" as const] };
  const endpoint = required(await session.api.POST("/api/webhook-endpoints", { body }));
  select.prepend(option(endpoint));
  select.value = endpoint.id;
  within(secret, "code", HTMLElement).textContent = endpoint.secret ?? "";
  secret.hidden = false;
  form.reset();
  say("The address is registered.");
  await refresh();
}

async function sendTest(): Promise<void> {
  const params = { path: { id: select.value } };
  required(await session.api.POST("/api/webhook-endpoints/{id}/test", { params }));
  say("A test event is sent.");
  await refresh();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void attempt(subscribe, form);
});
test.addEventListener("click", () => void attempt(sendTest, test));
select.addEventListener("change", () => void attempt(refresh));
document.addEventListener("visibilitychange", () => {
  if (!chosen.hidden) void poll();
});
