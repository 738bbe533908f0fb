"""A synthetic user: what it asks, what it holds, and how often what it tried worked."""
