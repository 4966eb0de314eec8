#!/usr/bin/env -S node --
// `--` because Node 20 treats options such as --env-file as its own, even after the script's name.
import { existsSync } from "node:fs";

// A checkout runs from its sources, so that a change needs no build. The published package contains no sources.
const fromSource = new URL("fromSource.mjs", import.meta.url);
await import(existsSync(fromSource) ? fromSource.href : new URL("../dist/cli/main.js", import.meta.url).href);
