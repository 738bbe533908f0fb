"""Pictures of every screen, made from the real app on the practice stack."""
