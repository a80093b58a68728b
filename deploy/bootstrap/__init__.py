"""Set-up of a machine and a stack; standard library only, run by the Makefile."""
