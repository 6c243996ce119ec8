"""`python -m driver`, the top of all. Worker processes import it again, so nothing is done outside the guard."""

if __name__ == "__main__":
    import sys

    from driver.entry import enter

    sys.exit(enter(sys.argv[1:]))
