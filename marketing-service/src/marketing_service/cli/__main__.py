"""Run `python -m marketing_service.cli` as `marketing`."""

from marketing_service.cli import main

if __name__ == "__main__":
    main(prog_name="marketing")
