"""The probe through the edge: alongside every run, and at its end."""
