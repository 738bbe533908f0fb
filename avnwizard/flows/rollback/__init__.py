"""Going back: the verdict, what it costs, the plan, its steps, its report, and undoing it."""
