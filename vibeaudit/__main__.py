"""`python -m vibeaudit`. Call it as `python -I -m vibeaudit` when the current folder is not your own."""

from vibeaudit.cli import main

if __name__ == "__main__":
    main()
