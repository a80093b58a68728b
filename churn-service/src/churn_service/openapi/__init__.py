"""The HTTP interface described as OpenAPI 3.1, from the live model's schema."""
