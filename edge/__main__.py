"""`python -m edge` is `maskgate`."""

from edge.commands import main

if __name__ == "__main__":
    main()
