"""GitPython, python-on-whales, psycopg and files behind the ports."""
