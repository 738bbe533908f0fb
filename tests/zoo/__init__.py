"""The zoo: tiny Compose stacks with one trait each, upgraded and rolled back on the real engine.

A case says what its two releases hold and what the operator has beside them (`parts` builds the compose files), brings
it up with `stack.bring_up`, and drives it with the command line as an operator does.
"""
