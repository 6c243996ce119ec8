"""`python -m driver`. Worker processes import this module again, so nothing happens outside the guard."""

if __name__ == "__main__":
    import sys

    from driver.cli import main

    sys.exit(main(sys.argv[1:]))
