"""What `pg_dumpall --globals-only` says of a server, and what takes another server state back to it.

Statements are distinguished with PostgreSQL's own parser, so that no name or comment can pass for a statement. The
statements hold password hashes: they are never shown; what is shown names roles and attributes only.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from avnwizard.domain.plain import printable
from avnwizard.domain.secret import Secret

_GUARD = re.compile(r"^\\restrict (\S+)$", re.MULTILINE)
"""psql's guard around a dump (PostgreSQL 16.10, 17.6, 18): no SQL."""
_UNTOLD = {
    "password": "PASSWORD NULL",
    "connectionlimit": "CONNECTION LIMIT -1",
    "validUntil": "VALID UNTIL 'infinity'",
}
"""Attributes that a dump leaves out at their default."""
_PUT_BACK, _MADE_AGAIN = "changed, and is put back", "was gone and is made again"
_OTHERS = frozenset({"AlterOwnerStmt", "AlterTableSpaceOptionsStmt", "CommentStmt", "SecLabelStmt"})
_GRANTED = frozenset({"OBJECT_PARAMETER_ACL", "OBJECT_TABLESPACE"})
"""What else pg_dumpall writes of globals (src/bin/pg_dump/pg_dumpall.c, PostgreSQL 12 to 18)."""


@dataclass(frozen=True)
class GlobalsChange:
    """How a server's globals differ from a snapshot's, or what was done about it; sentences without any value.

    Attributes:
        repaired: what is put back as it was.
        left: what is reported and left alone, since nobody but the operator can know whether it is wanted.
    """

    repaired: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class Repair:
    """A change and the statements that make it, in order.

    Attributes:
        also: what belongs to roles that are made, each with a sentence for where this server refuses it.
    """

    change: GlobalsChange
    statements: tuple[Secret, ...] = ()
    also: tuple[tuple[str, Secret], ...] = ()


@dataclass(frozen=True)
class _Role:
    attributes: dict[str, str] = field(default_factory=dict)
    attributes_sql: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Globals:
    """The statements of a globals dump, by what they are about; `others` with the roles that are given something."""

    roles: dict[str, _Role] = field(default_factory=dict)
    members: dict[tuple[str, str, str], str] = field(default_factory=dict)
    tablespaces: dict[str, str] = field(default_factory=dict)
    others: dict[str, frozenset[str]] = field(default_factory=dict)


def read_globals(text: str) -> Globals:
    """Read what `pg_dumpall --globals-only` wrote.

    Raises:
        ValueError: it is no such text, or holds a statement that is none of globals; the message holds nothing of it.
    """
    from pglast import parse_sql, split
    from pglast.parser import ParseError

    if guard := _GUARD.search(text):
        key = guard.group(1)
        text = text.replace(f"\\restrict {key}\n", "", 1).replace(f"\\unrestrict {key}\n", "", 1)
    try:
        parsed, pieces = parse_sql(text), split(text)
    except ParseError:
        raise ValueError("not the output of pg_dumpall") from None
    found = Globals()
    for raw, piece in zip(parsed, pieces, strict=True):
        _take(found, raw.stmt, piece)
    return found


def _take(found: Globals, statement: Any, sql: str) -> None:
    match type(statement).__name__:
        case "CreateRoleStmt":
            found.roles.setdefault(statement.role, _Role())
        case "AlterRoleStmt":
            attributes = {each.defname: str(each.arg and each.arg()) for each in statement.options or ()}
            if attributes.get("validUntil", "").find("infinity") >= 0:
                del attributes["validUntil"]
            old = found.roles.get(statement.role.rolename, _Role())
            found.roles[statement.role.rolename] = _Role(attributes, sql, old.settings, old.notes)
        case "AlterRoleSetStmt":
            role = statement.role.rolename if statement.role else ""
            found.roles.setdefault(role, _Role()).settings[statement.setstmt.name] = sql
        case "CommentStmt" if statement.objtype.name == "OBJECT_ROLE":
            found.roles.setdefault(statement.object.sval, _Role()).notes["comment"] = sql
        case "GrantRoleStmt":
            granted, member = statement.granted_roles[0].priv_name, statement.grantee_roles[0].rolename
            grantor = statement.grantor.rolename if statement.grantor else ""
            found.members[granted, member, grantor] = sql
        case "CreateTableSpaceStmt":
            found.tablespaces[statement.tablespacename] = sql
        case "VariableSetStmt":
            pass
        case kind:
            found.others[sql] = _given(kind, statement)


def _given(kind: str, statement: Any) -> frozenset[str]:
    """The roles that another statement gives a parameter to; `ValueError` where it is no statement of globals."""
    of = statement.objtype.name if kind == "GrantStmt" else ""
    if of == "OBJECT_PARAMETER_ACL":
        return frozenset(each.rolename for each in statement.grantees if each.rolename)
    if kind in _OTHERS or of in _GRANTED:
        return frozenset()
    raise ValueError("a statement that pg_dumpall does not write")


def missing_roles(wanted: Globals, now: Globals) -> Repair:
    """Make the roles that are gone, with all that is theirs: a restore needs them to give objects their owners."""
    gone = [name for name in wanted.roles if name not in now.roles and name]
    statements = [sql for name in gone for sql in (f"CREATE ROLE {_quoted(name)}", wanted.roles[name].attributes_sql)]
    told = tuple(f"role {_shown(name)} {_MADE_AGAIN}" for name in gone)
    also = tuple((f"{what} could not be made again", Secret(sql)) for what, sql in _theirs(wanted, frozenset(gone)))
    return Repair(GlobalsChange(told), _secret(statements), also)


def _theirs(wanted: Globals, roles: frozenset[str]) -> Iterator[tuple[str, str]]:
    """(what it is, the statement) for settings, comments, memberships and grants of roles that are made."""
    for name, role in ((name, role) for name, role in wanted.roles.items() if name in roles):
        yield from ((f"role {_shown(name)}: setting {_shown(each)}", sql) for each, sql in role.settings.items())
        yield from ((f"role {_shown(name)}: its comment", sql) for sql in role.notes.values())
    for (granted, member, _), sql in wanted.members.items():
        if roles & {granted, member}:
            yield f"role {_shown(member)}: membership in {_shown(granted)}", sql
    for sql, names in wanted.others.items():
        yield from ((f"role {_shown(name)}: a grant on a parameter", sql) for name in sorted(names & roles)[:1])


def left_alone(change: GlobalsChange) -> tuple[str, ...]:
    """What differs, for where nothing of it is put back."""
    reported = (line.replace(_PUT_BACK, "not as in the snapshot; left as it is") for line in change.repaired)
    return tuple(line.replace(_MADE_AGAIN, "is gone since the snapshot; it is not made again") for line in reported)


def repair(wanted: Globals, now: Globals) -> Repair:
    """Take roles, their settings and memberships back to what they were; what is new is reported and left."""
    first = missing_roles(wanted, now)
    statements: list[str] = []
    told: list[str] = list(first.change.repaired)
    for name, role in wanted.roles.items():
        was = now.roles.get(name, role if not role.attributes else _Role(role.attributes, role.attributes_sql))
        what = list(_role_back(name, role, was, statements))
        if what and name in now.roles:
            told.append(f"role {_shown(name)}: {', '.join(sorted(set(what)))} {_PUT_BACK}")
    told += _members_back(wanted, now, statements)
    for sql in wanted.others:
        if sql not in now.others:
            statements.append(sql)
            told.append(f"a grant or comment on a parameter or tablespace {_MADE_AGAIN}")
    change = GlobalsChange(tuple(dict.fromkeys(told)), tuple(_left(wanted, now)))
    return Repair(change, (*first.statements, *_secret(statements)))


def _role_back(name: str, role: _Role, was: _Role, statements: list[str]) -> Iterator[str]:
    if role.attributes != was.attributes:
        gone = was.attributes.keys() - role.attributes.keys()
        statements.append(
            " ".join([role.attributes_sql, *(_UNTOLD[each] for each in sorted(gone) if each in _UNTOLD)])
        )
        changed = {each for each in role.attributes if was.attributes.get(each) != role.attributes[each]} | gone
        yield from (_plain(each) for each in changed)
    for parameter, sql in role.settings.items():
        if was.settings.get(parameter) != sql:
            statements.append(sql)
            yield f"setting {_shown(parameter)}"
    for parameter in was.settings.keys() - role.settings.keys():
        whom = f"ROLE {_quoted(name)}" if name else "ROLE ALL"
        statements.append(f"ALTER {whom} RESET {_quoted(parameter)}")
        yield f"setting {_shown(parameter)}"
    if role.notes != was.notes:
        statements.append(role.notes.get("comment", f"COMMENT ON ROLE {_quoted(name)} IS NULL"))
        yield "comment"


def _members_back(wanted: Globals, now: Globals, statements: list[str]) -> Iterator[str]:
    """Memberships among the roles of the snapshot are made equal; those of new roles are left."""
    for key, sql in now.members.items():
        granted, member, grantor = key
        if wanted.members.get(key) == sql or not _known(wanted, key):
            continue
        by = f" GRANTED BY {_quoted(grantor)}" if grantor else ""
        statements.append(f"REVOKE {_quoted(granted)} FROM {_quoted(member)}{by} CASCADE")
        yield f"role {_shown(member)}: membership in {_shown(granted)} {_PUT_BACK}"
    for key, sql in wanted.members.items():
        if now.members.get(key) != sql:
            statements.append(sql)
            yield f"role {_shown(key[1])}: membership in {_shown(key[0])} {_PUT_BACK}"


def _known(wanted: Globals, key: tuple[str, str, str]) -> bool:
    granted, member, _ = key
    return member in wanted.roles and (granted in wanted.roles or granted.startswith("pg_"))


def _left(wanted: Globals, now: Globals) -> Iterator[str]:
    for name in now.roles:
        if name not in wanted.roles:
            yield f"role {_shown(name)} is new since the snapshot; it is left as it is"
    for name in now.tablespaces:
        if name not in wanted.tablespaces:
            yield f"tablespace {_shown(name)} is new since the snapshot; it is left as it is"
    for name in wanted.tablespaces:
        if name not in now.tablespaces:
            yield f"tablespace {_shown(name)} is gone; make its folder and the tablespace by hand"
    if extra := len([sql for sql in now.others if sql not in wanted.others]):
        yield f"{extra} grants or comments on parameters or tablespaces are new since the snapshot; they are left"


def _plain(attribute: str) -> str:
    told: Mapping[str, str] = {
        "canlogin": "login",
        "isreplication": "replication",
        "bypassrls": "bypass of row security",
        "connectionlimit": "connection limit",
        "validUntil": "end of validity",
    }
    return told.get(attribute, attribute)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _shown(name: str) -> str:
    return printable(name, limit=63) or "of every user"


def _secret(statements: list[str]) -> tuple[Secret, ...]:
    return tuple(Secret(sql) for sql in statements)
