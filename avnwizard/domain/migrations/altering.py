"""What each part of ALTER TABLE does to a live table (PostgreSQL 18 manual, ALTER TABLE, "Notes")."""

from typing import Any

from avnwizard.domain.migrations.verdict import Alteration, Effect, Work

ALL = "readers and writers"
WRITERS = "writers"

_STABLE = frozenset({"now", "current_timestamp", "transaction_timestamp", "statement_timestamp", "current_setting"})
_WIDER = frozenset({"text", "int8", "numeric"})
_SERIAL = frozenset({"serial", "bigserial", "smallserial", "serial4", "serial8", "serial2"})
_STORED_AS = {
    **dict.fromkeys(("serial", "serial4"), "int4"),
    **dict.fromkeys(("bigserial", "serial8"), "int8"),
    **dict.fromkeys(("smallserial", "serial2"), "int2"),
}
_HARMLESS = {
    "AT_DropNotNull": "lets a column be empty",
    "AT_SetStatistics": "changes statistics",
    "AT_SetOptions": "changes options",
    "AT_ResetOptions": "changes options",
    "AT_SetRelOptions": "changes storage options",
    "AT_ResetRelOptions": "changes storage options",
    "AT_SetStorage": "changes how a column is stored from now on",
    "AT_SetCompression": "changes how a column is compressed from now on",
    "AT_ChangeOwner": "changes the owner",
    "AT_ReplicaIdentity": "changes the replica identity",
    "AT_DropConstraint": "drops a constraint",
    "AT_DropCluster": "changes clustering",
    "AT_ClusterOn": "changes clustering",
    "AT_SetIdentity": "changes an identity",
    "AT_EnableTrig": "enables a trigger",
    "AT_DisableTrig": "disables a trigger",
    "AT_DisableRowSecurity": "disables row security",
    "AT_NoForceRowSecurity": "stops forcing row security",
}
_REWRITES = {
    "AT_SetLogged": "writes the table to the log",
    "AT_SetUnLogged": "makes the table unlogged",
    "AT_SetTableSpace": "moves the table to another tablespace",
    "AT_SetAccessMethod": "changes the access method",
    "AT_SetExpression": "changes a generated column",
}
_BREAKS = {
    "AT_EnableRowSecurity": "enables row security",
    "AT_ForceRowSecurity": "forces row security",
    "AT_DetachPartition": "detaches a partition",
    "AT_DropIdentity": "drops an identity",
    "AT_DropExpression": "stops generating a column",
    "AT_AddInherit": "changes inheritance",
    "AT_DropInherit": "changes inheritance",
    "AT_AddIdentity": "adds an identity",
}


def part_of_alter(command: Any, table: str) -> Effect:
    """Judge one command of an ALTER TABLE on a table that has rows."""
    name = command.subtype.name
    column = f"column {command.name}" if command.name else "a column"
    known = _known(name, table) or _column(command, column, table)
    if known is not None:
        return known
    judge = {
        "AT_AddColumn": _add_column,
        "AT_AlterColumnType": _change_type,
        "AT_AddConstraint": _add_constraint,
    }.get(name)
    if judge:
        return judge(command, table)
    return Effect(f"does {name.removeprefix('AT_')}, which this wizard cannot judge", table, unreadable=True)


def change_of(command: Any, table: str) -> Alteration | None:
    """What one command of an ALTER TABLE changes about the columns, None where nothing."""
    name = command.subtype.name
    if name == "AT_AddColumn":
        column = (command.def_.colname, type_of(command.def_))
        return Alteration("add", table, (column,), conditional=bool(command.missing_ok))
    if name == "AT_DropColumn":
        return Alteration("lose", table, ((command.name, ""),), conditional=bool(command.missing_ok))
    if name == "AT_AlterColumnType":
        through = command.def_.raw_default is not None
        return Alteration("retype", table, ((command.name, type_of(command.def_)),), conditional=through)
    return None


def type_of(column: Any) -> str:
    """A column's type as `pg_type` names it, with its modifiers: `varchar(50)`, `_text` for an array."""
    name = _type(column)
    name = _STORED_AS.get(name, name)
    kind = column.typeName
    numbers = [str(value) for one in (kind and kind.typmods) or () if (value := _number(one)) is not None]
    array = "_" if kind is not None and kind.arrayBounds else ""
    return f"{array}{name}({','.join(numbers)})" if numbers else f"{array}{name}"


def _number(constant: Any) -> int | None:
    value = getattr(getattr(constant, "val", None), "ival", None)
    return int(value) if value is not None else None


def _known(name: str, table: str) -> Effect | None:
    if name in _HARMLESS:
        return Effect(_HARMLESS[name], table)
    if name in _REWRITES:
        return Effect(_REWRITES[name], table, Work.REWRITE, ALL)
    if name in _BREAKS:
        return Effect(_BREAKS[name], table, breaks_old_code=True)
    if name == "AT_ValidateConstraint":
        return Effect("checks a constraint; nobody waits", table, Work.SCAN)
    if name == "AT_AttachPartition":
        return Effect("attaches a partition, which is read to check it", table, Work.SCAN, WRITERS)
    return None


def _column(command: Any, column: str, table: str) -> Effect | None:
    name = command.subtype.name
    if name == "AT_DropColumn":
        return Effect(f"drops {column}: its data is gone and the old code may name it", table, loses_data=True)
    if name == "AT_SetNotNull":
        why = f"forbids {column} to be empty: reads the whole table, and the old code may still write none"
        return Effect(why, table, Work.SCAN, ALL, breaks_old_code=True)
    if name == "AT_ColumnDefault" and command.def_ is None:
        return Effect(f"drops the default of {column}, on which the old code may rely", table, breaks_old_code=True)
    if name == "AT_ColumnDefault":
        return Effect(f"sets a default for {column}", table)
    return None


def _add_column(command: Any, table: str) -> Effect:
    column = command.def_
    rules = {c.contype.name: c for c in column.constraints or ()}
    name = f"adds column {column.colname}"
    type_name = _type(column)
    default = rules.get("CONSTR_DEFAULT")
    filled = default is not None and not _is_null(default.raw_expr)
    rewriting = _rewriting_column(rules, type_name)
    if rewriting:
        return Effect(f"{name}{rewriting}: rewrites the table", table, Work.REWRITE, ALL)
    if "CONSTR_NOTNULL" in rules and not filled and "CONSTR_GENERATED" not in rules:
        why = f"{name}, required and without a default: the old code cannot add rows any more"
        return Effect(why, table, breaks_old_code=True)
    if "CONSTR_PRIMARY" in rules or "CONSTR_UNIQUE" in rules:
        return Effect(f"{name} with an index", table, Work.INDEX, ALL, breaks_old_code="CONSTR_PRIMARY" in rules)
    if "CONSTR_CHECK" in rules or (filled and "CONSTR_FOREIGN" in rules):
        return Effect(f"{name} and checks every row", table, Work.SCAN, ALL)
    return Effect(name, table)


def _rewriting_column(rules: dict[str, Any], type_name: str) -> str:
    """Say why a new column needs every row to be written, empty where it does not."""
    if type_name in _SERIAL or "CONSTR_IDENTITY" in rules:
        return " with a number for each row"
    generated, default = rules.get("CONSTR_GENERATED"), rules.get("CONSTR_DEFAULT")
    if generated is not None and getattr(generated, "generated_kind", "s") != "v":
        return ", computed for each row"
    return " with a default that differs by row" if default is not None and _volatile(default.raw_expr) else ""


def _change_type(command: Any, table: str) -> Effect:
    wanted, using = _type(command.def_), command.def_.raw_default
    widens = using is None and wanted in _WIDER
    why = f"changes column {command.name} to {wanted}: a rewrite unless the old type is stored alike"
    return Effect(why, table, Work.REWRITE, ALL, breaks_old_code=not widens)


def _add_constraint(command: Any, table: str) -> Effect:
    rule = command.def_
    kind = rule.contype.name
    name = f"adds constraint {rule.conname}" if rule.conname else "adds a constraint"
    refused = "which the old code's rows may fail"
    if kind in {"CONSTR_UNIQUE", "CONSTR_PRIMARY", "CONSTR_EXCLUSION"}:
        work, blocks = (Work.NONE, "") if rule.indexname else (Work.INDEX, ALL)
        return Effect(f"{name} with an index, {refused}", table, work, blocks, breaks_old_code=True)
    if rule.skip_validation:
        return Effect(f"{name} for new rows, {refused}", table, breaks_old_code=True)
    blocks = WRITERS if kind == "CONSTR_FOREIGN" else ALL
    return Effect(f"{name}, {refused}", table, Work.SCAN, blocks, breaks_old_code=True)


def _type(column: Any) -> str:
    names = column.typeName.names if column.typeName else ()
    return str(names[-1].sval) if names else ""


def _is_null(expression: Any) -> bool:
    return bool(getattr(expression, "isnull", False))


def _volatile(expression: Any) -> bool:
    """Whether a default may differ by row; a function that is not known to be stable counts as volatile."""
    from pglast.visitors import Visitor

    calls: list[str] = []

    class Calls(Visitor):
        """Collects the functions that an expression calls."""

        def visit_FuncCall(self, _path: Any, node: Any) -> None:  # noqa: N802 - pglast's dispatch by name
            calls.append(str(node.funcname[-1].sval).lower())

    Calls()(expression)
    return any(call not in _STABLE for call in calls)
