#!/bin/bash
# Makes the cluster on the first start, as the public image does: POSTGRES_USER, _DB and
# _PASSWORD, or _PASSWORD_FILE; scripts of /docker-entrypoint-initdb.d; then the server.
set -euo pipefail

# Options alone are the server's, as in `docker run postgres -c fsync=off`.
case ${1:-} in -*) set -- postgres "$@" ;; esac
if [ "${1:-postgres}" != postgres ]; then exec "$@"; fi

if [ "$(id -u)" = 0 ]; then
  install -d -o postgres -g postgres -m 0700 "$PGDATA"
  chown postgres:postgres /var/run/postgresql
  exec setpriv --reuid postgres --regid postgres --init-groups "$0" "$@"
fi

# Everything is made in a folder beside the data and moved when it is complete, PG_VERSION last:
# a start that is killed at any point leaves nothing that the next one takes for a cluster.
new=$PGDATA/new

make_cluster() {
  local user=${POSTGRES_USER:-postgres} password=${POSTGRES_PASSWORD:-} method
  method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then password=$(<"$POSTGRES_PASSWORD_FILE"); fi
  if [ -z "$password" ] && [ "$method" != trust ]; then
    echo 'POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE must be set.' >&2
    exit 1
  fi
  rm -rf "$new"
  initdb --pgdata="$new" --username="$user" ${password:+--pwfile=<(printf '%s\n' "$password")}
  local db=${POSTGRES_DB:-$user}
  pg_ctl --pgdata="$new" --wait --options="-c listen_addresses=''" start
  if [ "$db" != postgres ]; then
    createdb --username="$user" --maintenance-db=postgres "$db"
  fi
  run_scripts "$user" "$db"
  pg_ctl --pgdata="$new" --wait --mode=fast stop
  echo "host all all all $method" >>"$new/pg_hba.conf"
  touch "$new/complete"
}

run_scripts() {
  local script
  for script in /docker-entrypoint-initdb.d/*; do
    case $script in
      *.sh) bash "$script" ;;
      *.sql) psql --set ON_ERROR_STOP=1 --username="$1" --dbname="$2" --file="$script" ;;
    esac
  done
}

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  if [ ! -e "$new/complete" ]; then make_cluster; fi
  find "$new" -mindepth 1 -maxdepth 1 ! -name PG_VERSION ! -name complete -exec mv -t "$PGDATA" {} +
  mv "$new/PG_VERSION" "$PGDATA/"
fi
rm -rf "$new"
exec postgres -c listen_addresses='*' "${@:2}"
