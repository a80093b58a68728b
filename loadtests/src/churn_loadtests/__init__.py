"""Open-loop load tests with budgets."""
