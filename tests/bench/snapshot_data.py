"""A database of a size, of the kinds of rows that an identity stack keeps: what compresses, and what does not."""

from tests.lab.stack import LabStack

_ROWS_PER_MB = {"bench_sessions": 950, "bench_audit": 1200, "bench_tokens": 1150, "bench_identities": 290}
"""About a quarter of the megabytes each (heap and TOAST)."""
_TABLES = {
    "bench_sessions": """CREATE TABLE bench_sessions AS SELECT gen_random_uuid() AS id,
        gen_random_uuid() AS identity_id, md5(random()::text) || md5(random()::text) AS token,
        now() - n * interval '1 s' AS issued_at,
        now() + n * interval '1 s' AS expires_at, (n % 3 > 0) AS active, 'aal' || (n % 2 + 1) AS aal,
        jsonb_build_array(jsonb_build_object('method', 'password', 'completed_at', now())) AS methods
        FROM generate_series(1, {rows}) n""",
    "bench_audit": """CREATE TABLE bench_audit AS SELECT n AS id, now() - n * interval '1 s' AS at,
        (ARRAY['login.success', 'login.failure', 'token.issued', 'consent.granted'])[n % 4 + 1] AS action,
        jsonb_build_object('ip', '10.' || n % 256 || '.' || n / 256 % 256 || '.7', 'trace', md5(n::text),
        'agent', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/' || n % 40 + 90)
        AS detail FROM generate_series(1, {rows}) n""",
    "bench_tokens": """CREATE TABLE bench_tokens AS SELECT gen_random_uuid() AS request_id,
        sha256(random()::text::bytea) AS signature, sha512(random()::text::bytea) AS session_data,
        'offline openid profile email' AS scope, now() AS requested_at FROM generate_series(1, {rows}) n""",
    "bench_identities": """CREATE TABLE bench_identities AS SELECT gen_random_uuid() AS id, 'default' AS schema_id,
        jsonb_build_object('email', 'person' || n || '@example.test', 'name', 'Person Number ' || n,
        'address', repeat('Some Street ' || n % 900 || ', ', 20), 'note', md5(n::text) || md5(random()::text))
        AS traits,
        repeat(md5(random()::text), 8) AS avatar_hash FROM generate_series(1, {rows}) n""",
}
_INDEXES = (
    "ALTER TABLE bench_sessions ADD PRIMARY KEY (id)",
    "CREATE INDEX ON bench_sessions (identity_id)",
    "ALTER TABLE bench_audit ADD PRIMARY KEY (id)",
    "ALTER TABLE bench_tokens ADD PRIMARY KEY (request_id)",
    "ALTER TABLE bench_identities ADD PRIMARY KEY (id)",
)
DESCRIBED = (
    "sessions, audit events (JSON), tokens (hashes, which do not compress) and identities (JSON, long text), "
    "about a quarter each, with primary keys"
)


def fill(stack: LabStack, database: str, megabytes: int) -> int:
    """Fill a database with at least so many megabytes of tables, indexes apart; the bytes that it takes."""
    for table, statement in _TABLES.items():
        rows = _ROWS_PER_MB[table] * megabytes
        stack.sql(database, statement.replace("%", "%").format(rows=rows))
    for statement in _INDEXES:
        stack.sql(database, statement)
    stack.sql(database, "VACUUM ANALYZE")
    tables = " + ".join(f"pg_table_size('{table}')" for table in _TABLES)
    return int(stack.sql(database, f"SELECT {tables}"))
