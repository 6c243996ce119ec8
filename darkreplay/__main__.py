"""`python -m darkreplay`. Worker processes import it again, so nothing is done outside the guard."""

if __name__ == "__main__":
    import sys

    from darkreplay.command import main

    sys.exit(main())
