"""What people found when they used avnwizard as an operator does, and the tests that hold what was done about it."""
