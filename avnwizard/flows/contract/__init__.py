"""The second part of a release's migrations: what was held back so that the old code worked on."""
