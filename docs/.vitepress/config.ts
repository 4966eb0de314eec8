/** The site of the documentation: `npm run docs:dev`, and `npm run docs:build` for files that any web server can serve. */
import { join } from "node:path";
import { defineConfig } from "vitepress";
import { GROUPS } from "./pages";
import { referenceInDev, writeReference } from "./reference";
import { repositoryLinks } from "./repositoryLinks";

/** npm runs its scripts at the root of the repository. */
const root = process.cwd();
const reference = { link: "/reference/", target: "_self" };

const pages = GROUPS.flatMap((group) => group.pages);
const rewrites = {
  "docs/index.md": "index.md",
  ...Object.fromEntries(pages.map(({ file, path }) => [file, `${path}.md`])),
};

export default defineConfig({
  title: "convex-hono-api",
  description: "A production REST API for Convex: Hono, zod and OpenAPI over internal Convex functions.",
  // The root of the repository, so that the READMEs beside the code are pages as well.
  srcDir: "..",
  // The head of the OpenAPI document, which the reference shows.
  srcExclude: ["openapi/description.md"],
  rewrites,
  head: [["link", { rel: "icon", href: "data:," }]],
  markdown: {
    anchor: { slugify: asOnCodeHosts },
    config: (md) => {
      repositoryLinks(md, { root, rewrites });
    },
  },
  themeConfig: {
    nav: [{ text: "Reference", ...reference }],
    sidebar: [
      ...GROUPS.map(({ title, pages }) => ({
        text: title,
        items: pages.map((page) => ({ text: page.title, link: `/${page.path}` })),
      })),
      { text: "Reference", items: [{ text: "OpenAPI reference", ...reference }] },
    ],
    outline: [2, 3],
    search: { provider: "local" },
  },
  vite: { plugins: [referenceInDev] },
  buildEnd: ({ outDir }) => {
    writeReference(join(outDir, "reference"));
  },
});

/** The anchor of a heading as code hosts make it, so that a link to it works there and here. */
function asOnCodeHosts(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
}
