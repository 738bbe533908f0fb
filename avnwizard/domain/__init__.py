"""Pure values: releases, changelogs, env files, plans."""
