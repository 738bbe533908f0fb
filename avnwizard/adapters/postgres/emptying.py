"""Empties tables of a copied server, by the server's own psql: it may be out of this host's reach."""

from collections.abc import Sequence

from avnwizard.adapters.process import run
from avnwizard.ports import PostgresAccess

_LIMIT_S = 600.0
_EMPTY = """DO $$ DECLARE found text; BEGIN
FOR found IN SELECT c.oid::regclass FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  AND c.relname = ANY(string_to_array(current_setting('avnwizard.tables'), chr(10)))
LOOP EXECUTE 'TRUNCATE ' || found || ' CASCADE'; END LOOP; END $$;
"""


def empty_tables(access: PostgresAccess, databases: Sequence[str], tables: Sequence[str]) -> None:
    """Empty tables by their names, in every schema of some databases; `HostError` where the server refuses.

    Args:
        access: of the copied server, never of the live one.
    """
    for database in databases:
        listed = "\n".join(tables).replace("'", "''")
        script = f"SET avnwizard.tables = '{listed}';\n{_EMPTY}"
        call = access.command(("psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-f", "-", "-d", database))
        run(call.argv, timeout_s=_LIMIT_S, env=dict(call.environment), input=script.encode())
