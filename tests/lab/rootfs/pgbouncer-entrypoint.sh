#!/bin/bash
# Writes PgBouncer's two files from DB_HOST, DB_USER, DB_PASSWORD and POOL_MODE, then runs it.
set -euo pipefail
umask 077
mkdir -p /tmp/pgbouncer
printf '"%s" "%s"\n' "$DB_USER" "$DB_PASSWORD" > /tmp/pgbouncer/userlist.txt
cat > /tmp/pgbouncer/pgbouncer.ini <<EOM
[databases]
* = host=$DB_HOST port=5432
[pgbouncer]
listen_addr = 0.0.0.0
listen_port = 6432
unix_socket_dir =
auth_type = scram-sha-256
auth_file = /tmp/pgbouncer/userlist.txt
pool_mode = ${POOL_MODE:-transaction}
max_client_conn = 200
default_pool_size = 20
ignore_startup_parameters = extra_float_digits
EOM
exec pgbouncer /tmp/pgbouncer/pgbouncer.ini
