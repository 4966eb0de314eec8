/** A page that uses the API from another origin: sign-in, items, deliveries of events, pictures. */
import { connect, required } from "./api";
import { showDeliveries } from "./deliveries";
import { byId, textOf, within } from "./dom";
import { showItems } from "./items";
import { showPictures } from "./pictures";
import { attempt } from "./problems";
import { showQuota } from "./quota";

const form = byId("sign-in", HTMLFormElement);
const welcome = byId("welcome", HTMLElement);
const desk = byId("desk", HTMLElement);
const account = byId("account", HTMLElement);
/** The name under which the tab stores its key until it is closed. */
const KEPT = "workshop";

type Kept = { url: string; key: string };

async function signIn({ url, key }: Kept): Promise<void> {
  const session = connect(url.replace(/\/+$/, ""), key, showQuota);
  const { name, owner } = required(await session.api.GET("/api/protected"));
  sessionStorage.setItem(KEPT, JSON.stringify({ url, key }));
  byId("account-name", HTMLSpanElement).textContent = `${owner.name} · key ${name}`;
  welcome.hidden = true;
  desk.hidden = account.hidden = false;
  byId("items-title", HTMLHeadingElement).focus();
  await Promise.all([showItems(session), showDeliveries(session), showPictures(session)]);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void attempt(() => signIn({ url: textOf(form, "url"), key: textOf(form, "key") }), form);
});
byId("sign-out", HTMLButtonElement).addEventListener("click", () => {
  sessionStorage.removeItem(KEPT);
  location.reload();
});

const address = within(form, "[name=url]", HTMLInputElement);
address.value = new URLSearchParams(location.search).get("api") ?? "http://127.0.0.1:3211";
const keyField = within(form, "[name=key]", HTMLInputElement);
const kept = sessionStorage.getItem(KEPT);
if (kept !== null) {
  welcome.hidden = true;
  // Only this page writes this value.
  await attempt(() => signIn(JSON.parse(kept) as Kept));
  welcome.hidden = !desk.hidden;
}
if (!welcome.hidden) keyField.focus();
