"""Make, list and revoke access keys; standard library only."""
