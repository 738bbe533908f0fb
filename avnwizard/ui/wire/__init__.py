"""Fewer bytes over SSH for the same picture: what Textual writes, without what the terminal shows already."""
