"""One procedure per section of the manual: a plan becomes a list of steps."""
