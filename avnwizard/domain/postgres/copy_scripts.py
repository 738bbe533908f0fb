"""What the helper containers of the ways by pg_upgrade run, as scripts of a plain `sh`.

Each is given its arguments as words; no secret is part of one.
"""

from avnwizard.domain.postgres.server_commands import CLONE

PLACE = "/avnwizard"
"""Where helper containers have the new volume."""
WORK = f"{PLACE}/.avnwizard"
_PROGRAMS = """bin=$(dirname "$(readlink -f "$(command -v postgres)")")
case $bin in
  /usr/lib/postgresql/*/bin) top=${bin%/bin}; lib=$top/lib; parts="$top /usr/share/postgresql/${top##*/}" ;;
  /usr/local/bin) lib=/usr/local/lib/postgresql; parts="$lib /usr/local/share/postgresql" ;;
  *) echo "the old image keeps PostgreSQL in $bin, which avnwizard does not know" >&2; exit 3 ;;
esac
"""
TAKE_BINARIES = f"""set -e
{_PROGRAMS}
work={WORK}; rm -rf "$work"; mkdir -p "$work/old" "$work/pool"; chmod 755 "$work"
for part in $parts; do
  mkdir -p "$work/old$(dirname "$part")"
  cp -a "$part" "$work/old$(dirname "$part")/"
done
mkdir -p "$work/old$bin"
for program in postgres pg_ctl pg_controldata pg_resetwal; do
  [ -e "$work/old$bin/$program" ] || cp -a "$bin/$program" "$work/old$bin/"
done
printf '%s' "$bin" >"$work/bin"
for file in "$bin"/postgres "$bin"/pg_* "$lib"/*.so; do ldd "$file" 2>/dev/null || true; done |
  sed -n 's/.*=> \\(\\/[^ ]*\\) .*/\\1/p' | sort -u |
  while read -r found; do cp -L "$found" "$work/pool/" 2>/dev/null || true; done
"""
FIT_BINARIES = f"""set -e
work={WORK}; bin=$work/old$(cat "$work/bin"); mkdir -p "$work/lib"
for round in 1 2 3 4 5 6 7 8; do
  missing=$(for program in postgres pg_ctl pg_controldata pg_resetwal; do
      LD_LIBRARY_PATH=$work/lib ldd "$bin/$program"; done 2>/dev/null | sed -n 's/^[[:space:]]*\\([^ ]*\\) => not found/\\1/p' | sort -u)
  [ -n "$missing" ] || break
  for each in $missing; do cp "$work/pool/$each" "$work/lib/"; done
done
rm -rf "$work/pool"; sync
LD_LIBRARY_PATH=$work/lib "$bin/postgres" --version
"""  # noqa: E501 - a shell's line
BASE_BACKUP = f"""set -e
rm -rf {WORK}/data; mkdir {WORK}/data; chmod 700 {WORK}/data
pg_basebackup --host=127.0.0.1 --no-password --pgdata={WORK}/data --wal-method=stream --checkpoint=fast \\
  --write-recovery-conf
if command -v pg_verifybackup >/dev/null; then pg_verifybackup --quiet --no-parse-wal {WORK}/data; fi
chown -R postgres {WORK}/data
"""
_BOOT = "/proc/sys/kernel/random/boot_id"
_AS = """as() { if command -v gosu >/dev/null; then gosu postgres "$@"; elif command -v su-exec >/dev/null; then
  su-exec postgres "$@"; else setpriv --reuid=postgres --regid=postgres --init-groups "$@"; fi; }
"""
WAIT = f"""{_AS}trap '[ -z "$1" ] || as pg_ctl --pgdata="$1" --mode=fast --silent stop; exit 0' TERM INT
while :; do sleep 3600 & wait $!; done
"""
PROMOTE = """ask() { $psql -c "$1"; }
psql=$1; n=0
if [ -n "$2" ]; then
  said=$(pg_controldata "$2") || exit 1
  printf '%s\n' "$said" | grep -q '^Database cluster state: *shut down$' || {
    echo 'the old server was not shut down cleanly' >&2; exit 1; }
  own=$(printf '%s\n' "$said" | sed -n 's/^Database system identifier: *//p')
  end=$(printf '%s\n' "$said" | sed -n 's/^Latest checkpoint location: *//p')
  [ "$(ask 'SELECT system_identifier FROM pg_control_system()')" = "$own" ] || {
    echo "the copy is another cluster's" >&2; exit 1; }
  until [ "$(ask "SELECT pg_last_wal_replay_lsn() >= '$end'::pg_lsn")" = t ]; do
    n=$((n + 1)); [ $n -lt 3000 ] || { echo 'the copy lacks the end of what the old server wrote' >&2; exit 1; }
    sleep 0.1
  done
fi
[ "$(ask 'SELECT pg_promote(true, 60)')" = t ] || { echo 'the copy cannot be promoted' >&2; exit 1; }
"""
_CLOCKS = """clocks() { up=$(cut -d. -f1 /proc/uptime); echo $(($(date +%s) - up)); }
"""
_MARK = f"{WORK}/copied"
_SLACK_S = 10
COPY_RUNNING = f"""{CLONE}{_CLOCKS}from=$1; to={WORK}/data
rm -rf "$to"; mkdir "$to"; chmod 700 "$to"
clocks >{_MARK}.clocks; touch -d @$(($(date +%s) - {_SLACK_S})) {_MARK} || rm -f {_MARK}
clone "$from/." "$to/" 2>/dev/null || true
sync
"""
"""A file that goes meanwhile is no error: the second copy decides."""
COPY_STOPPED = f"""set -e
{CLONE}{_CLOCKS}from=$1; to={WORK}/data
[ ! -e "$from/postmaster.pid" ] || {{ echo 'the old server was not shut down' >&2; exit 1; }}
off=$(($(clocks) - $(cat {_MARK}.clocks 2>/dev/null || echo 0)))
if [ -e {_MARK} ] && [ $off -ge -2 ] && [ $off -le 2 ]; then
  export LC_ALL=C
  listed() {{ cd "$1"; find . ! -type d -exec stat -c '%s %n' {{}} + | sort >"$2"; find . -type d | sort >"$2.d"; }}
  listed "$to" {WORK}/was; listed "$from" {WORK}/is
  comm -13 {WORK}/is {WORK}/was | cut -d' ' -f2- | while IFS= read -r gone; do rm -f "$to/$gone"; done
  comm -13 {WORK}/is.d {WORK}/was.d | sort -r | while IFS= read -r gone; do rmdir "$to/$gone"; done
  comm -23 {WORK}/is.d {WORK}/was.d | while IFS= read -r new; do mkdir "$to/$new"; chmod 700 "$to/$new"; done
  {{ comm -23 {WORK}/is {WORK}/was | cut -d' ' -f2-; find . ! -type d -newer {_MARK}; }} | sort -u >{WORK}/again
  while IFS= read -r each; do rm -f "$to/$each"; clone "$each" "$to/$each"; done <{WORK}/again
else
  rm -rf "$to"; mkdir "$to"; chmod 700 "$to"
  clone "$from/." "$to/"
fi
was=$(LC_ALL=C pg_controldata "$from"); is=$(LC_ALL=C pg_controldata "$to")
[ "$was" = "$is" ] || {{ echo 'the copy is not of this server' >&2; exit 1; }}
"""
"""What was written to since shortly before the first copy began, is new or of another size is copied again.

That goes by the time of the last write, so everything is copied where the clock was set meanwhile.
"""
MAKE_NEW = f"""set -e
{_AS}work={WORK}; new=$1; superuser=$2; shift 2
mkdir -p "$new"; chown postgres "$new"; chmod 700 "$new"
parent=$(dirname "$new"); [ "$parent" = {PLACE} ] || chown postgres "$parent"
as initdb --pgdata="$new" --username="$superuser" --auth=trust "$@" >"$work/initdb.log" 2>&1 || {{
  tail -n 3 "$work/initdb.log" >&2; exit 1; }}
"""
UPGRADE = f"""set -e
{_AS}work={WORK}; old=$work/data; new=$1; superuser=$2; options=$3; pgdata=$4; shift 4
bin=$work/old$(cat "$work/bin"); here=$(dirname "$(readlink -f "$(command -v postgres)")")
mkdir -p "$work/run" /var/run/postgresql; chown postgres /var/run/postgresql; chown -R postgres "$work" "$new"
cp -p "$old/pg_hba.conf" "$work/pg_hba.conf"; cp -p "$old/pg_ident.conf" "$work/pg_ident.conf"
echo 'local all all trust' >"$old/pg_hba.conf"
sed -i '/^primary_conninfo/d' "$old/postgresql.auto.conf"
cd "$work/run"; "$here/pg_upgrade" --help | grep -q -- --no-sync && later=--no-sync || later=
if ! as env LD_LIBRARY_PATH="$work/lib" "$here/pg_upgrade" --old-bindir="$bin" --new-bindir="$here" \\
  --old-datadir="$old" --new-datadir="$new" --username="$superuser" --link --jobs=2 $later \\
  --old-options="$options -c fsync=off" --new-options="$options" >"$work/upgrade.log" 2>&1; then
  grep -rhiE 'ERROR:|FATAL:|error:' "$new/pg_upgrade_output.d" 2>/dev/null | head -n 3 >&2
  grep -iE 'fatal|fail|not |could' "$work/upgrade.log" | head -n 5 >&2
  exit 1
fi
cp "$work/pg_hba.conf" "$new/pg_hba.conf"; cp "$work/pg_ident.conf" "$new/pg_ident.conf"
chown postgres "$new/pg_hba.conf" "$new/pg_ident.conf"
cd /
as postgres -D "$pgdata" "$@" >/proc/1/fd/1 2>&1 </dev/null &
server=$!
n=0
until pg_isready -q -d postgres -U "$superuser"; do
  n=$((n + 1)); [ $n -lt 3600 ] && kill -0 $server 2>/dev/null || {{ echo 'the new server ended' >&2; exit 1; }}
  sleep 0.05
done
update=$work/run/update_extensions.sql
export PGPASSWORD="$POSTGRES_PASSWORD"
[ ! -f "$update" ] || psql -Xq -v ON_ERROR_STOP=1 -U "$superuser" -d postgres -f "$update"
cat {_BOOT} >"$work/boot"
as initdb --sync-only --pgdata="$pgdata" >/dev/null 2>&1 </dev/null &
"""
SETTLE = f"""{_AS}if [ -e "$2" ] && [ "$(cat "$2/boot" 2>/dev/null)" != "$(cat {_BOOT})" ]; then
  echo 'the machine restarted before all files of the new server were on the disk: roll back' >&2; exit 1
fi
as initdb --sync-only --pgdata="$1" >/dev/null || exit 1
rm -rf "$2"
"""
"""pg_upgrade does it itself without `--no-sync`; here the new server is proven and started meanwhile.

Files that were not on the disk when the machine went down may be incomplete, and an earlier proof would not show it.
The work folder is on the disk before anything is stopped, and is removed once all files are.
"""
SHUT = f"""{_AS}[ ! -e "$PGDATA/postmaster.pid" ] || as pg_ctl --mode=fast --silent stop
"""
