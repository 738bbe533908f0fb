"""Every reader of text from outside, given broken text."""
