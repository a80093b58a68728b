"""The route table: read `routes.toml`, render what nginx and the docs need from it."""
