"""The operator's changes of an env file that the release brings itself, on top of the release's new one."""

from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.envfile.scan import Statement
from avnwizard.domain.plan import EnvEdit
from avnwizard.domain.secret import masked

_BOM = "\ufeff"


def merged(base: EnvFile, ours: EnvFile, theirs: EnvFile) -> EnvFile:
    """The release's file, with every variable that the operator changed, added or removed as he has it.

    A merge by lines gives up where two lines that stand together change; variables have no such neighbours.
    """
    result = theirs
    for key in ours.keys():  # noqa: SIM118 - no mapping
        if _raw(base, key) != _raw(ours, key):
            result = _with(result, _last(ours, key), _raw(ours, key) or "")
    for key in base.keys():  # noqa: SIM118 - as above
        if key not in ours and key in result:
            result = result.commented_out(key)
    return result


def contested(base: EnvFile, ours: EnvFile, theirs: EnvFile) -> tuple[str, ...]:
    """The variables that operator and release both changed, unlike each other."""
    return tuple(
        key
        for key in dict.fromkeys((*base.keys(), *ours.keys()))
        if len({_raw(base, key), _raw(ours, key), _raw(theirs, key)}) == 3  # noqa: PLR2004 - all three differ
    )


def merge_edits(ours: EnvFile, result: EnvFile, *, why: str) -> tuple[EnvEdit, ...]:
    """What the release changes in the operator's file, as it may be shown."""
    edits = []
    for key in dict.fromkeys((*ours.keys(), *result.keys())):
        if _raw(ours, key) == _raw(result, key):
            continue
        shown = masked(key, (result if key in result else ours).literal(key) or "")
        edits.append(EnvEdit("remove" if key not in result else "set" if key in ours else "add", key, "", shown, why))
    return tuple(edits)


def _last(env: EnvFile, key: str) -> Statement:
    return next(s for s in reversed(env.statements) if s.key == key)


def _raw(env: EnvFile, key: str) -> str | None:
    """The value as it is written, quotes included; None where the variable is not set."""
    if key not in env:
        return None
    found = _last(env, key)
    return _text(env)[found.key_end : found.value_end].lstrip()


def _text(env: EnvFile) -> str:
    return env.text.removeprefix(_BOM)


def _with(env: EnvFile, mine: Statement, raw: str) -> EnvFile:
    """With a variable written as the operator has it, in its place or at the end."""
    text, written = _text(env), mine.key + raw
    if mine.key in env:
        there = _last(env, mine.key)
        text = text[: there.key_at] + written + text[there.value_end :]
    else:
        text += ("" if text.endswith("\n") or not text else "\n") + written + "\n"
    return EnvFile.parse(text.encode())
