import { defineConfig } from "vite";

/** The data directory of the functions. It holds all messages and the admin key. */
const DATA = "**/.convex-embedded/**";

export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the built page works at any path.
  base: "./",
  server: {
    port: 5174,
    // In development, Vite serves all files of this folder except these. The first four are its defaults.
    fs: { deny: [".env", ".env.*", "*.{crt,pem}", "**/.git/**", DATA] },
    watch: { ignored: [DATA] },
  },
});
