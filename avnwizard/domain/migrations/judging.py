"""Judges one parsed statement: what it does to tables that have rows and to the old code that still runs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from avnwizard.domain.migrations.altering import ALL, WRITERS, change_of, part_of_alter, type_of
from avnwizard.domain.migrations.verdict import Alteration, Effect, Work

Nested = Callable[[str], Iterator[Effect]]


@dataclass
class Fresh:
    """What the migrations themselves made: nothing done to it can disturb the old code."""

    tables: set[str] = field(default_factory=set)
    columns: set[tuple[str, str]] = field(default_factory=set)

    def has(self, relation: Any) -> bool:
        """Whether the table was made by these migrations."""
        return relation is not None and relation.relname in self.tables


_HARMLESS = {
    "CreateSchemaStmt": "creates a schema",
    "CreateExtensionStmt": "creates an extension",
    "CreateSeqStmt": "creates a sequence",
    "AlterSeqStmt": "changes a sequence",
    "CreateEnumStmt": "creates a type",
    "CompositeTypeStmt": "creates a type",
    "CreateDomainStmt": "creates a domain",
    "CreateRangeStmt": "creates a type",
    "DefineStmt": "defines an object",
    "CreateFunctionStmt": "creates or replaces a function",
    "CreateStatsStmt": "creates statistics",
    "CommentStmt": "comments",
    "TransactionStmt": "marks the transaction",
    "VariableSetStmt": "sets a parameter",
    "VariableShowStmt": "shows a parameter",
    "SelectStmt": "reads, or calls a function",
    "AlterOwnerStmt": "changes an owner",
    "AlterExtensionStmt": "updates an extension",
    "AlterDefaultPrivilegesStmt": "changes default privileges",
    "CreateRoleStmt": "creates a role",
    "AlterRoleSetStmt": "sets a role's parameter",
    "AlterDatabaseSetStmt": "sets a database's parameter",
    "NotifyStmt": "notifies",
    "CreatePublicationStmt": "creates a publication",
    "CreateCastStmt": "creates a cast",
    "AlterFunctionStmt": "changes a function's options",
    "DeallocateStmt": "forgets a prepared statement",
    "CheckPointStmt": "writes a checkpoint",
}
_RENAMES_HARMLESSLY = {
    "OBJECT_INDEX",
    "OBJECT_TABCONSTRAINT",
    "OBJECT_TRIGGER",
    "OBJECT_RULE",
    "OBJECT_POLICY",
}
_KEEPS_OLD_CODE = {"OBJECT_INDEX", "OBJECT_STATISTIC_EXT", "OBJECT_RULE", "OBJECT_EVENT_TRIGGER"}


def judge(node: Any, fresh: Fresh, nested: Nested) -> Iterator[Effect]:
    """Give the effects of one statement and remember what it makes.

    Args:
        node: the statement as pglast parses it.
        fresh: what earlier statements made; grows here.
        nested: judges the body of a DO block.
    """
    name = type(node).__name__
    judges: dict[str, Callable[[], Iterator[Effect]]] = {
        "CreateStmt": lambda: _create(node, fresh),
        "CreateTableAsStmt": lambda: _create_as(node, fresh),
        "AlterTableStmt": lambda: _alter(node, fresh),
        "IndexStmt": lambda: _index(node, fresh),
        "DropStmt": lambda: _drop(node, fresh),
        "RenameStmt": lambda: _rename(node, fresh),
        "UpdateStmt": lambda: _update(node, fresh),
        "DoStmt": lambda: nested(_body(node)),
    }
    if name in _HARMLESS:
        yield Effect(_HARMLESS[name])
    elif name in judges:
        yield from judges[name]()
    else:
        yield _other(name, node, fresh)


def _other(name: str, node: Any, fresh: Fresh) -> Effect:
    relation = getattr(node, "relation", None)
    table = named(relation)
    simple: dict[str, Callable[[], Effect]] = {
        "InsertStmt": lambda: Effect("adds rows", table),
        "CopyStmt": lambda: Effect("adds rows", table),
        "DeleteStmt": lambda: _gone(f"deletes rows of {table}", table, fresh.has(relation)),
        "TruncateStmt": lambda: _gone(
            "empties tables", named(node.relations[0]), all(map(fresh.has, node.relations))
        ),
        "ViewStmt": lambda: Effect("creates or replaces a view", named(node.view)),
        "CreateTrigStmt": lambda: Effect("creates a trigger, which the old code's writes set off too", table),
        "CreatePolicyStmt": lambda: Effect(
            "creates a policy on rows", table, breaks_old_code=not fresh.has(relation)
        ),
        "AlterEnumStmt": lambda: Effect("adds a value to a type, which the old code may not know"),
        "LockStmt": lambda: Effect("locks tables", named(node.relations[0]), Work.SCAN, ALL),
        "ClusterStmt": lambda: Effect("sorts the table again", table, Work.REWRITE, ALL),
        "RefreshMatViewStmt": lambda: Effect(
            "computes a materialized view", table, Work.SCAN, "" if node.concurrent else ALL
        ),
        "VacuumStmt": lambda: _vacuum(node),
        "ReindexStmt": lambda: _reindex(node),
        "GrantStmt": lambda: Effect("grants") if node.is_grant else Effect("revokes a right", breaks_old_code=True),
        "GrantRoleStmt": lambda: (
            Effect("grants") if node.is_grant else Effect("revokes a role", breaks_old_code=True)
        ),
        "AlterDomainStmt": lambda: Effect("changes a domain, which its columns' rows may fail", breaks_old_code=True),
    }
    found = simple.get(name)
    return found() if found else Effect(f"{name.removesuffix('Stmt')}: this wizard cannot judge it", unreadable=True)


def named(relation: Any) -> str:
    """A table's name with its schema where the statement gives one."""
    if relation is None:
        return ""
    return f"{relation.schemaname}.{relation.relname}" if relation.schemaname else str(relation.relname)


def _create(node: Any, fresh: Fresh) -> Iterator[Effect]:
    if not node.if_not_exists:
        fresh.tables.add(node.relation.relname)
    table = named(node.relation)
    elsewhere = node.inhRelations or node.partbound or node.ofTypename
    parts = () if elsewhere else node.tableElts or ()
    plain = all(type(part).__name__ in {"ColumnDef", "Constraint"} for part in parts)
    columns = tuple((part.colname, type_of(part)) for part in parts if plain and type(part).__name__ == "ColumnDef")
    change = Alteration("make", table, columns, conditional=bool(node.if_not_exists))
    yield Effect("creates a table", table, makes_table=True, change=change)


def _create_as(node: Any, fresh: Fresh) -> Iterator[Effect]:
    fresh.tables.add(node.into.rel.relname)
    table = named(node.into.rel)
    change = Alteration("make", table, conditional=bool(node.if_not_exists))
    yield Effect("creates a table from a query", table, makes_table=True, change=change)


def _alter(node: Any, fresh: Fresh) -> Iterator[Effect]:
    table = named(node.relation)
    for command in node.cmds:
        if command.subtype.name == "AT_AddColumn":
            fresh.columns.add((node.relation.relname, command.def_.colname))
        change = change_of(command, table)
        if fresh.has(node.relation) or node.objtype.name in {"OBJECT_SEQUENCE", "OBJECT_INDEX"}:
            yield Effect("changes what these migrations made, or no rows", table, change=change)
        elif node.objtype.name == "OBJECT_TYPE":
            yield Effect("changes a type that columns may have", table, breaks_old_code=True)
        else:
            yield replace(part_of_alter(command, table), change=change)


def _index(node: Any, fresh: Fresh) -> Iterator[Effect]:
    table, unique = named(node.relation), bool(node.unique)
    if fresh.has(node.relation):
        yield Effect("indexes a new table", table)
        return
    own = all((node.relation.relname, element.name) in fresh.columns for element in node.indexParams)
    breaks = unique and not own
    what = "creates a unique index, which the old code's rows may fail" if breaks else "creates an index"
    blocks = "" if node.concurrent else WRITERS
    yield Effect(
        what + (" without blocking" if node.concurrent else ""),
        table,
        Work.INDEX,
        blocks,
        breaks_old_code=breaks,
        change=Alteration("unique", table, _named(node.indexParams)) if unique else None,
    )


def _drop(node: Any, fresh: Fresh) -> Iterator[Effect]:
    kind = node.removeType.name
    word = kind.removeprefix("OBJECT_").replace("_", " ").lower()
    for item in node.objects:
        parts = (
            item
            if isinstance(item, tuple)
            else getattr(item, "objname", None) or getattr(item, "names", None) or (item,)
        )
        name = ".".join(str(getattr(part, "sval", "")) for part in parts).strip(".")
        if kind == "OBJECT_TABLE" and name.rpartition(".")[2] in fresh.tables:
            yield Effect("drops a table that these migrations made", name, change=Alteration("drop", name))
        elif kind in {"OBJECT_TABLE", "OBJECT_SCHEMA", "OBJECT_FOREIGN_TABLE"}:
            change = Alteration("drop", name, conditional=bool(node.missing_ok)) if kind == "OBJECT_TABLE" else None
            yield Effect(f"drops {word} {name}: its data is gone", name, loses_data=True, change=change)
        elif kind in _KEEPS_OLD_CODE:
            yield Effect(f"drops {word} {name}")
        else:
            yield Effect(f"drops {word} {name}, which the old code may use", name, breaks_old_code=True)


def _rename(node: Any, fresh: Fresh) -> Iterator[Effect]:
    table, kind = named(node.relation), node.renameType.name
    pair = ((str(node.subname or "") if kind == "OBJECT_COLUMN" else "", str(node.newname)),)
    change = Alteration("rename", table, pair) if kind in {"OBJECT_COLUMN", "OBJECT_TABLE"} else None
    if kind in _RENAMES_HARMLESSLY or fresh.has(node.relation):
        yield Effect(f"renames to {node.newname}", table, change=change)
        return
    what = f"column {node.subname}" if kind == "OBJECT_COLUMN" else kind.removeprefix("OBJECT_").lower()
    why = f"renames {what} to {node.newname}: the old code asks for the old name"
    yield Effect(why, table, breaks_old_code=True, change=change)


def _update(node: Any, fresh: Fresh) -> Iterator[Effect]:
    table = named(node.relation)
    own = all((node.relation.relname, target.name) in fresh.columns for target in node.targetList)
    if fresh.has(node.relation):
        yield Effect("fills a new table", table)
    elif own:
        change = Alteration("fill", table, _named(node.targetList))
        yield Effect("fills a new column; rows that change at the same time wait", table, Work.REWRITE, change=change)
    else:
        yield Effect("changes rows in place: the old values are gone", table, Work.REWRITE, loses_data=True)


def _named(parts: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(part.name), "") for part in parts if part.name)


def _gone(why: str, table: str, own: bool) -> Effect:
    return Effect(why, table, loses_data=not own)


def _vacuum(node: Any) -> Effect:
    options = {option.defname for option in node.options or ()}
    table = named(node.rels[0].relation) if node.rels else ""
    return (
        Effect("rewrites the table", table, Work.REWRITE, ALL) if "full" in options else Effect("vacuums or analyses")
    )


def _reindex(node: Any) -> Effect:
    concurrent = any(param.defname == "concurrently" for param in node.params or ())
    return Effect("rebuilds indexes", named(node.relation), Work.INDEX, "" if concurrent else WRITERS)


def _body(node: Any) -> str:
    return next((str(arg.arg.sval) for arg in node.args if arg.defname == "as"), "")
