"""Taking the stack's Postgres to its next major, as a flow."""
