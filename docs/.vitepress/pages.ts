/** The sidebar, in the order of a tour. Every other Markdown file of the repository is a page too, without an entry. */
type Page = {
  title: string;
  /** The file, from the root of the repository. */
  file: `${string}.md`;
  /** The address of the page: `/deploying.html` for `deploying`. */
  path: string;
};

type Group = { title: string; pages: Page[] };

export const GROUPS: Group[] = [
  {
    title: "Tour",
    pages: [
      { title: "Start", file: "README.md", path: "start" },
      { title: "Concepts", file: "docs/architecture.md", path: "architecture" },
    ],
  },
  {
    title: "Running it",
    pages: [
      { title: "Deploying", file: "docs/deploying.md", path: "deploying" },
      { title: "Operating", file: "docs/operating.md", path: "operating" },
      { title: "Embedded runtime", file: "packages/convex-embedded/README.md", path: "embedded" },
      { title: "Security", file: "SECURITY.md", path: "security" },
    ],
  },
  {
    title: "Working on it",
    pages: [
      { title: "Contributing", file: "CONTRIBUTING.md", path: "contributing" },
      { title: "Benchmarks", file: "quality/bench/README.md", path: "benchmarks" },
      { title: "Faults and abuse", file: "quality/faults/README.md", path: "faults" },
      { title: "Example frontend", file: "examples/web/README.md", path: "example" },
      { title: "Changelog", file: "CHANGELOG.md", path: "changelog" },
    ],
  },
];
