"""Train, package, serve and watch one churn model."""
