"""The operator's own commands around a run and each roll, and the webhook at its end."""
