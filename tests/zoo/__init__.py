"""The zoo: tiny Compose stacks with one trait each, upgraded and rolled back on the real engine.

A case says what its two releases hold and which files are the operator's own (`parts` builds the compose files). It
brings the stack up with `stack.bring_up` and drives it by the command line, as an operator does.
"""
