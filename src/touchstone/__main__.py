"""``python -m touchstone``: the same as the command."""

from touchstone.cli.main import main

if __name__ == "__main__":
    main()
