"""The folder of a stack's state: found, made, and refused where another could have put it there."""
