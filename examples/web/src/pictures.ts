import { required, type Picture, type Session } from "./api";
import { byId, entry, say, textOf, within } from "./dom";
import { attempt, showBesideFields } from "./problems";

const list = byId("pictures", HTMLUListElement);
const none = byId("no-pictures", HTMLParagraphElement);
const form = byId("upload", HTMLFormElement);

let session: Session;

export async function showPictures(signedIn: Session): Promise<void> {
  session = signedIn;
  const files = required(await session.api.GET("/api/files", { params: { query: { limit: 12 } } }));
  const pictures = files.filter(({ contentType }) => isPicture(contentType));
  list.replaceChildren(...pictures.map(frame));
  none.hidden = pictures.length > 0;
}

function frame(picture: Picture): HTMLLIElement {
  const shown = entry("picture-template");
  const name = picture.name ?? "Picture without a name";
  const image = within(shown, "img", HTMLImageElement);
  image.alt = picture.name === undefined ? "Uploaded picture without a name" : `Uploaded picture ${name}`;
  const suffix = picture.visibility === "private" ? ", private" : "";
  within(shown, "figcaption", HTMLElement).textContent = `${name}, ${sized(picture.size)}${suffix}`;
  if (picture.visibility === "public") image.src = `${session.url}/files/${picture.id}`;
  else void attempt(() => showPrivate(picture, image));
  return shown;
}

/**
 * Fetches a private picture, because an `img` element cannot send a credential. The key is in `Authorization`, which browsers
 * remove when the API redirects to the storage.
 */
async function showPrivate(picture: Picture, image: HTMLImageElement): Promise<void> {
  const { api, key } = session;
  const reply = await api.GET("/files/{id}", {
    params: { path: { id: picture.id } },
    headers: { "X-API-Key": null, Authorization: `Bearer ${key}` },
    parseAs: "stream",
  });
  required(reply);
  image.src = URL.createObjectURL(await reply.response.blob());
  // Releases the bytes after the picture is shown.
  image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
}

async function upload(): Promise<void> {
  const picture = new FormData(form).get("picture");
  if (!(picture instanceof File) || picture.size === 0 || !isPicture(picture.type)) {
    showBesideFields([{ path: "picture", message: "Choose a picture first." }], form);
    return;
  }
  const visibility = new FormData(form).has("private") ? "private" : "public";
  const id =
    textOf(form, "target") === "url"
      ? await toStorage(picture, visibility)
      : await toApi(picture, visibility);
  const file = required(await session.api.GET("/api/files/{id}", { params: { path: { id } } }));
  list.prepend(frame(file));
  none.hidden = true;
  form.reset();
  say("The picture is uploaded.");
}

/** Uploads a picture through the API in one request. The limit is nearly 20 MiB. */
async function toApi(picture: File, visibility: Picture["visibility"]): Promise<string> {
  const reply = await session.api.POST("/api/upload", {
    params: { query: { visibility } },
    headers: { "Content-Type": picture.type },
    body: picture,
    // The file is sent unchanged.
    bodySerializer: () => picture,
  });
  return required(reply).storageId;
}

/** Uploads a picture of any size to the storage, then registers it with the API. */
async function toStorage(picture: File, visibility: Picture["visibility"]): Promise<string> {
  const { uploadUrl } = required(await session.api.POST("/api/upload-url"));
  // Convex's storage is not part of the API, so the client has no types for it.
  const sent = await fetch(uploadUrl, {
    method: "POST",
    headers: { "Content-Type": picture.type },
    body: picture,
  });
  // A TypeError, as for a missing reply, because this is not a problem of the API.
  if (!sent.ok) throw new TypeError(`The storage has answered ${sent.status}.`);
  const { storageId } = (await sent.json()) as { storageId: string };
  const body = { storageId, name: picture.name, visibility };
  return required(await session.api.POST("/api/files", { body })).id;
}

const isPicture = (type: string): boolean => type.startsWith("image/");

function sized(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [size, unit] = bytes < 999_500 ? [bytes / 1000, "kB"] : [bytes / 1_000_000, "MB"];
  return `${size.toFixed(size < 10 ? 1 : 0)} ${unit}`;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void attempt(upload, form);
});
