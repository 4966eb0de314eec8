/**
 * Links between files of the repository, as the site needs them. In the files they are relative, so that they work on a
 * code host as well.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { MarkdownRenderer } from "vitepress";

type Token = ReturnType<MarkdownRenderer["parse"]>[number];

type Site = {
  /** The root of the repository. */
  root: string;
  /** The path of a page by its file, where they differ. Both are relative to the root. */
  rewrites: Record<string, string>;
};

/**
 * Links to pages get the address of the page. Links to other files lead to the repository if `package.json` names one, and
 * become plain text otherwise. VitePress reports dead links to pages.
 *
 * @throws Error when a page links to another file that does not exist.
 */
export function repositoryLinks(md: MarkdownRenderer, { root, rewrites }: Site): void {
  const host = repositoryUrl(root);
  md.core.ruler.push("repository-links", ({ tokens, env }) => {
    const { realPath } = env as { realPath?: string };
    if (realPath === undefined) return;
    for (const { children } of tokens)
      children?.forEach((token, index) => {
        const href = token.attrGet("href");
        if (token.type !== "link_open" || href === null || token.attrGet("target") !== null) return;
        if (!/^(?:[a-z][\w+.-]*:|[#/])/i.test(href)) place(token, children.slice(index), href, realPath);
      });
  });

  function place(token: Token, rest: Token[], href: string, from: string): void {
    const [, path = "", hash = ""] = /^([^#]*)(#.*)?$/.exec(href) ?? [];
    const target = resolve(dirname(from), decodeURIComponent(path));
    const file = relative(root, target).split(sep).join("/");
    if (file.endsWith(".md")) token.attrSet("href", `/${rewrites[file] ?? file}${hash}`);
    else if (!existsSync(target))
      throw new Error(`${relative(root, from)} links to ${href}, which does not exist`);
    else if (host !== undefined) token.attrSet("href", `${host}/blob/HEAD/${file}${hash}`);
    else unlink(token, rest);
  }
}

/** Links do not nest, so the next end of a link is that of this one. */
function unlink(token: Token, rest: Token[]): void {
  for (const end of [token, rest.find(({ type }) => type === "link_close")])
    if (end) Object.assign(end, { type: "text", tag: "", nesting: 0, content: "", attrs: null });
}

function repositoryUrl(root: string): string | undefined {
  type Package = { repository?: string | { url: string } };
  const { repository } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Package;
  const url = typeof repository === "object" ? repository.url : repository;
  return url?.replace(/^git\+/, "").replace(/\.git$/, "");
}
