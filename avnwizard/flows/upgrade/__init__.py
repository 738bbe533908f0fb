"""The upgrade, minor or major: what the release asks, the plan, its steps, and accepting it afterwards."""
