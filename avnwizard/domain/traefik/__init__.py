"""What Traefik makes of a stack's labels and flags."""
