#!/bin/sh
# Makes a backup of the data, also while the server is at work, and deletes those that are older than KEEP_DAYS; nothing
# is deleted if it fails. Once a day by cron: docs/operating.md.
set -eu
DATA=${DATA:-/var/lib/convex-hono-api}
BACKUPS=${BACKUPS:-/var/backups/convex-hono-api}
KEEP_DAYS=${KEEP_DAYS:-14}

cd "$(dirname "$0")/.."
# What is left of one that was killed, or lost its power. Who is at work on one writes.
find "$BACKUPS" -maxdepth 1 \( -name '*.zip.part' -o -name '*.zip.database' \) -mtime +0 -delete
node_modules/.bin/convex-embedded backup "$BACKUPS/$(date -u +%Y-%m-%dT%H%M%SZ).zip" --data "$DATA"
find "$BACKUPS" -maxdepth 1 -name '*.zip' -mtime "+$KEEP_DAYS" -delete
