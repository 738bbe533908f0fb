"""A dump that is read back to its end while it is taken, as the argv of one shell in the server's container."""

from avnwizard.domain.commands import Argv, pg_read_back


def pg_dump_read_back(dump: Argv, *, name: str = "") -> Argv:
    """A `pg_dump` whose output pg_restore reads to its end in the same container, while it is taken.

    The shell first waits for a line on stdin, with both pipes open: `DUMP_OFFERED` is what pg_dump writes,
    `CHECK_OFFERED` is what pg_restore reads. After `DUMP_TAKEN` somebody else has opened them again by their numbers,
    and leads the one into the other. After anything else `tee` does, and the dump comes on stdout.

    On stderr it says that the pipes are there ("pipes"), how each part ended, and with `tee` the sum of what
    pg_restore got, in lines that `DUMP_TOLD` begins.

    Args:
        name: a name for the shell, by which it is found in /proc.
    """
    return ("sh", "-c", _READ_BACK, name or "sh", *dump)


DUMP_TOLD = "avnwizard:"
DUMP_OFFERED, CHECK_OFFERED = 9, 8
DUMP_TAKEN = "taken"
_TELL = f"printf '\\n{DUMP_TOLD} %s %s\\n'"
"""A line of its own, whatever part of a line another program has just written."""
_READ_BACK = f"""exec 3>&1 4<&0 </dev/null
{{ {{ exec 3>&- 4<&-; "$@"; {_TELL} pg_dump $? >&2; }} |
{{ exec {CHECK_OFFERED}>&1 1>&3 {DUMP_OFFERED}<&0 0<&4 4<&-; {_TELL} pipes there >&2; read -r answer
[ "$answer" = {DUMP_TAKEN} ] ||
{{ {{ tee /dev/fd/{CHECK_OFFERED} /dev/fd/6 <&{DUMP_OFFERED} >&3; {_TELL} tee $? >&2; }} 6>&1 |
{{ exec 3>&- {CHECK_OFFERED}>&- {DUMP_OFFERED}<&-; sum=$(sha256sum); {_TELL} sum "$sum" >&2; }}; }}; }}; }} |
{{ exec 3>&- 4<&-; {" ".join(pg_read_back())} >/dev/null; {_TELL} pg_restore $? >&2; }}"""
