"""The probe through the edge: beside every run, and at its end."""
