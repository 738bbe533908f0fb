"""A load balancer before two or more stacks: what it says, and what it is asked."""
