"""The steps that the flows share."""
