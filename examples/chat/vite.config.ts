import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the built page works at any path.
  base: "./",
  server: { port: 5174 },
});
