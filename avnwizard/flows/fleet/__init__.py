"""Two or more stacks behind one balancer: how they stand, and how a release would go through them."""
