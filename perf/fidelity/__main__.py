"""``python -m perf.fidelity``: see `tables`."""

import fire

from perf.fidelity.tables import main

if __name__ == "__main__":
    fire.Fire(main)
