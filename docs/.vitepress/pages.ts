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
    title: "Start",
    pages: [
      { title: "Start", file: "README.md", path: "start" },
      { title: "Architecture", file: "docs/architecture.md", path: "architecture" },
    ],
  },
  {
    title: "The API",
    pages: [
      { title: "Routes and conventions", file: "docs/routes.md", path: "routes" },
      { title: "OpenAPI and clients", file: "docs/openapi.md", path: "openapi" },
      { title: "Webhooks in", file: "docs/webhooks.md", path: "webhooks" },
      { title: "Webhooks out", file: "docs/webhooks-out.md", path: "webhooks-out" },
    ],
  },
  {
    title: "Guides",
    pages: [
      { title: "Add a resource", file: "docs/guides/add-a-resource.md", path: "guides/add-a-resource" },
      {
        title: "Add a webhook source",
        file: "docs/guides/add-a-webhook-source.md",
        path: "guides/add-a-webhook-source",
      },
      { title: "Bookings: the example", file: "docs/guides/bookings.md", path: "guides/bookings" },
      { title: "Add a public route", file: "docs/guides/public-route.md", path: "guides/public-route" },
      { title: "Add a setting", file: "docs/guides/setting.md", path: "guides/setting" },
      { title: "Add an error", file: "docs/guides/custom-error.md", path: "guides/custom-error" },
      { title: "Call another service", file: "docs/guides/external-api.md", path: "guides/external-api" },
      { title: "Stream a reply", file: "docs/guides/streaming.md", path: "guides/streaming" },
      { title: "Accept an upload", file: "docs/guides/uploads.md", path: "guides/uploads" },
      { title: "Add a cron job", file: "docs/guides/cron.md", path: "guides/cron" },
      { title: "Add a version", file: "docs/guides/versions.md", path: "guides/versions" },
      { title: "Rename the API", file: "docs/guides/rename-the-api.md", path: "guides/rename-the-api" },
      {
        title: "Remove what you do not need",
        file: "docs/guides/remove-what-you-do-not-need.md",
        path: "guides/remove-what-you-do-not-need",
      },
      { title: "The router kit", file: "convex/http/kit/README.md", path: "kit" },
      { title: "Example frontend", file: "examples/web/README.md", path: "example" },
      { title: "Example chat", file: "examples/chat/README.md", path: "chat" },
    ],
  },
  {
    title: "Running it",
    pages: [
      { title: "Settings", file: "docs/settings.md", path: "settings" },
      { title: "Deploying", file: "docs/deploying.md", path: "deploying" },
      { title: "Embedded runtime", file: "docs/embedded-runtime.md", path: "embedded-runtime" },
      { title: "Adopting", file: "docs/adopting.md", path: "adopting" },
      { title: "Operating", file: "docs/operating.md", path: "operating" },
      { title: "convex-embedded", file: "packages/convex-embedded/README.md", path: "embedded" },
      { title: "Security", file: "SECURITY.md", path: "security" },
    ],
  },
  {
    title: "Working on it",
    pages: [
      { title: "Testing", file: "docs/testing.md", path: "testing" },
      { title: "Benchmarks", file: "docs/benchmarks.md", path: "benchmarks" },
      { title: "Quality", file: "quality/README.md", path: "quality" },
      { title: "Contributing", file: "CONTRIBUTING.md", path: "contributing" },
      { title: "Changelog", file: "CHANGELOG.md", path: "changelog" },
    ],
  },
];
