"""The lab: a real Docker Engine, registry and Avnology ID stack, made on this machine for the tests."""
