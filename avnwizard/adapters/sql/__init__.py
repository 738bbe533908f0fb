"""The port `SqlReader`: PostgreSQL's parser in a child process, which a text may kill without harm."""
