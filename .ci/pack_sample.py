"""Pack the built-in sample anew, after a change of the generator that is meant: `python .ci/pack_sample.py`.

What it writes is part of the package, so that nobody waits for the generator to be compiled. A test compares the two.
"""

import lzma
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "io")]


def main() -> None:
    """Generate the files and pack them."""
    from driver.run.sample import PACKED, TABLES
    from marketgen import MarketSpec, generate

    with tempfile.TemporaryDirectory() as folder:
        generate(MarketSpec(truth="none"), Path(folder))
        for table in TABLES:
            content = (Path(folder) / f"{table}.csv").read_bytes()
            packed = lzma.compress(content, preset=9 | lzma.PRESET_EXTREME)
            (PACKED / f"{table}.csv.xz").write_bytes(packed)
            sys.stdout.write(f"{table}: {len(content):,} bytes, packed {len(packed):,}\n")


if __name__ == "__main__":
    main()
