/** A page that uses the API from another origin: sign-in, items, deliveries of events, pictures. */
import { connect, required } from "./api";
import { showDeliveries } from "./deliveries";
import { byId, textOf, within } from "./dom";
import { showItems } from "./items";
import { showPictures } from "./pictures";
import { attempt, unlessForbidden } from "./problems";
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
  const { name, owner, scopes } = required(await session.api.GET("/api/protected"));
  sessionStorage.setItem(KEPT, JSON.stringify({ url, key }));
  byId("account-name", HTMLSpanElement).textContent = `${owner.name} · key ${name}`;
  welcome.hidden = true;
  desk.hidden = account.hidden = false;
  byId("items-title", HTMLHeadingElement).focus();
  showScopes(scopes);
  // A key may have only some of the scopes, so each section loads without the others.
  await Promise.all([
    unlessForbidden(byId("items-section", HTMLElement), () => showItems(session)),
    unlessForbidden(byId("deliveries-section", HTMLElement), () => showDeliveries(session)),
    unlessForbidden(byId("pictures-section", HTMLElement), () => showPictures(session)),
  ]);
}

/** Says what the key may do, and hides the forms that it may not send. */
function showScopes(scopes: readonly string[]): void {
  const all = scopes.includes("*");
  byId("scopes", HTMLParagraphElement).textContent = all
    ? "This key may do everything that its owner may do."
    : `This key has the scopes ${scopes.join(", ")}.`;
  const forms = { create: "items:write", subscribe: "endpoints:write", upload: "files:write" };
  for (const [id, scope] of Object.entries(forms))
    byId(id, HTMLFormElement).hidden = !all && !scopes.includes(scope);
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
