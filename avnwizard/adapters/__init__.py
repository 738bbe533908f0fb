"""git, docker, psycopg and files behind the ports."""
