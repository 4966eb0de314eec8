#!/usr/bin/env -S node --
// `--` because Node 20 would take options such as --env-file for itself, even behind the script's name.
import { existsSync } from "node:fs";

// The published package holds no sources. A checkout runs from its sources, so that no build stands between a change and a start.
const fromSource = new URL("fromSource.mjs", import.meta.url);
await import(existsSync(fromSource) ? fromSource.href : new URL("../dist/cli/main.js", import.meta.url).href);
