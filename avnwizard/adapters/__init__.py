"""GitPython, the docker CLI, psycopg and files behind the ports."""
