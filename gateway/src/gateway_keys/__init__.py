"""Access keys of the gateway: make, list, revoke, audit; standard library only."""
