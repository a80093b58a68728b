"""`python -m gateway_keys` is the command `gateway-keys`."""

from gateway_keys.cli import main

if __name__ == "__main__":
    main()
