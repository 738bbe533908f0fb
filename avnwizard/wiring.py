"""What wires ports to adapters or to the practice host."""
