#!/bin/bash
# Behaves as the official postgres image's entrypoint does (docker-library/postgres, 17 and 18), as far as a
# stack can tell: variables, first start, initdb.d, trust on the socket and scram from elsewhere, 18's refusal.
set -eo pipefail

[ "${1:0:1}" != '-' ] || set -- postgres "$@"
[ "$1" = postgres ] || exec "$@"

old_databases() {
  local folder
  for folder in /var/lib/postgresql /var/lib/postgresql/data /var/lib/postgresql/*/docker; do
    [ ! -s "$folder/PG_VERSION" ] || echo "  $folder"
  done
  if [ "$PG_MAJOR" -ge 18 ] && grep -q ' /var/lib/postgresql/data ' /proc/self/mountinfo; then
    echo '  /var/lib/postgresql/data (unused mount/volume)'
  fi
}

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /var/run/postgresql
  chmod 00700 "$PGDATA"
  chmod 03775 /var/run/postgresql
  find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
  chown postgres /var/run/postgresql
  exec gosu postgres "$0" "$@"
fi

if [ -s "$PGDATA/PG_VERSION" ]; then
  echo 'PostgreSQL Database directory appears to contain a database; Skipping initialization'
  exec "$@"
fi

if [ -z "$POSTGRES_PASSWORD" ] && [ "$POSTGRES_HOST_AUTH_METHOD" != trust ]; then
  echo >&2 'Error: Database is uninitialized and superuser password is not specified.'
  echo >&2 '       You must specify POSTGRES_PASSWORD to a non-empty value for the superuser.'
  exit 1
fi

if [ "$PG_MAJOR" -ge 18 ]; then
  found="$(old_databases)"
  if [ -n "$found" ]; then
    cat >&2 <<EOM
Error: in 18+, these Docker images are configured to store database data in a
       format which is compatible with "pg_ctlcluster" (specifically, using
       major-version-specific directory names).

       Counter to that, there appears to be PostgreSQL data in:
$found
EOM
    exit 1
  fi
fi

: "${POSTGRES_USER:=postgres}"
: "${POSTGRES_DB:=$POSTGRES_USER}"
export POSTGRES_USER POSTGRES_DB

eval "initdb --username=\"\$POSTGRES_USER\" --pwfile=<(printf '%s\n' \"\$POSTGRES_PASSWORD\") $POSTGRES_INITDB_ARGS"
{
  [ "$POSTGRES_HOST_AUTH_METHOD" != trust ] || echo '# warning trust is enabled for all connections'
  echo "host all all all ${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}"
} >> "$PGDATA/pg_hba.conf"

pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
ask=(psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --no-password --no-psqlrc)
if [ "$POSTGRES_DB" != postgres ]; then
  "${ask[@]}" --dbname postgres --set db="$POSTGRES_DB" <<< 'CREATE DATABASE :"db";'
fi
for file in /docker-entrypoint-initdb.d/*; do
  case "$file" in
    *.sh) echo "$0: sourcing $file"; . "$file" ;;
    *.sql) echo "$0: running $file"; "${ask[@]}" --dbname "$POSTGRES_DB" -f "$file" ;;
    *) [ ! -e "$file" ] || echo "$0: ignoring $file" ;;
  esac
done
pg_ctl -D "$PGDATA" -m fast -w stop
echo 'PostgreSQL init process complete; ready for start up.'
exec "$@"
