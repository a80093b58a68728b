#!/bin/sh
# Before nginx: every script of /docker-entrypoint.d in order of name; one that fails stops all.
set -eu
if [ "${1:-}" = nginx ]; then
  for script in /docker-entrypoint.d/*.sh; do
    if [ -x "$script" ]; then "$script"; fi
  done
fi
exec "$@"
