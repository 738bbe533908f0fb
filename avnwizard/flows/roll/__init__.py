"""One service rolled: new containers recognised, settled, handed over to, compared with what is wanted."""
