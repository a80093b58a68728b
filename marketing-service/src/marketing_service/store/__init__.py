"""What the service remembers: tables, two dialects, one file of functions per noun."""
