#!/bin/sh
# Backs up the data, even while the server is running, and then deletes backups older than KEEP_DAYS. If the backup fails,
# no backup is deleted. Run it once a day with cron: see docs/operating.md.
set -eu
DATA=${DATA:-/var/lib/convex-hono-api}
BACKUPS=${BACKUPS:-/var/backups/convex-hono-api}
KEEP_DAYS=${KEEP_DAYS:-14}

cd "$(dirname "$0")/.."
# Delete partial files that a kill or a power loss left more than a day ago. A running backup has newer files.
find "$BACKUPS" -maxdepth 1 \( -name '*.zip.part' -o -name '*.zip.database' \) -mtime +0 -delete
node_modules/.bin/convex-embedded backup "$BACKUPS/$(date -u +%Y-%m-%dT%H%M%SZ).zip" --data "$DATA"
find "$BACKUPS" -maxdepth 1 -name '*.zip' -mtime "+$KEEP_DAYS" -delete
