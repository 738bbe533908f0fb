"""Tests of reading a release: versions, env files, changelogs, compose files, migrations."""
