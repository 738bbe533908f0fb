"""PostgreSQL as values: which server, its databases and their names, roles, images, what was written."""
