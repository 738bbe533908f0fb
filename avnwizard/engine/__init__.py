"""Steps, the journal and the runner; it knows nothing of Docker."""
