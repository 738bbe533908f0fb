"""The life of a run, whatever its flow: launched, carried out by a process of its own, reported."""
