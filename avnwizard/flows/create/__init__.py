"""Taking a snapshot apart from an upgrade."""
