"""avnwizard upgrades a self-hosted Avnology ID stack, and can go back."""

__version__ = "0.1.0"
