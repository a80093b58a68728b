"""What a customer gets to read: templates, MIME and identities."""
