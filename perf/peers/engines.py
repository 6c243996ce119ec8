"""One engine in a process of its own: it loads the exchange's files, or answers as often as it is told to.

    python -m perf.peers.engines load polars FOLDER --cores=1
    python -m perf.peers.engines answer polars FOLDER --cores=1     # a line in: once more; a line out: it is done

The process that starts it pins it to as many cores and sets POLARS_MAX_THREADS, which Polars reads when imported.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import fire

from perf.peers.question import read_market

OURS: Final = "ours"
ROWS, PREPARED = "rows", "prepared"
MARKET: Final = "market.json"
STORE: Final = "store"


class Peer(NamedTuple):
    """How a library is asked: what is stored for it, and which way it works."""

    library: str
    store: str  # folder below the market's
    kind: str  # ROWS: sorted rows of the exchange; PREPARED: what our conversion prepares, too
    way: str  # Polars' engine, DuckDB's format


PEERS: Final = {
    "polars": Peer("polars", "polars_rows", ROWS, "streaming"),
    "polars in memory": Peer("polars", "polars_rows", ROWS, "in-memory"),
    "duckdb table": Peer("duckdb", "duckdb_rows", ROWS, "table"),
    "duckdb parquet": Peer("duckdb", "duckdb_parquet_rows", ROWS, "parquet"),
    "polars prepared": Peer("polars", "polars_prepared", PREPARED, "streaming"),
    "duckdb prepared": Peer("duckdb", "duckdb_prepared", PREPARED, "table"),
    "pandas prepared": Peer("pandas", "polars_prepared", PREPARED, ""),
}


def out_of(engine: str, folder: Path) -> Path:
    """Return where an engine writes its answer."""
    return folder / "answers" / engine.replace(" ", "_")


def load(engine: str, folder: str, *, cores: int = 1) -> None:
    """Make the store of an engine from the exchange's files."""
    path = Path(folder)
    if engine == OURS:
        from perf.peers import ours

        ours.convert({name: str(path / f"{name}.csv") for name in ours.FILES}, path / STORE, cores)
        return
    peer, market = PEERS[engine], read_market(path / MARKET)
    if peer.library == "duckdb":
        from perf.peers import duck

        duck.load(market, path / peer.store, cores, peer.way == "parquet", peer.kind == PREPARED)
    else:
        from perf.peers import polar

        polar.load(market, path / peer.store, peer.kind == PREPARED)


@contextmanager
def answering(engine: str, folder: Path, cores: int, order_files: bool = True) -> Iterator[Callable[[], None]]:
    """Give what answers the question once: what is imported, connected or started stays for the next time."""
    out = out_of(engine, folder)
    out.mkdir(parents=True, exist_ok=True)
    if engine == OURS:
        from perf.peers import ours

        with ours.engine(cores) as doing:
            yield lambda: ours.answer(folder / STORE, out, doing, order_files)
        return
    peer, market = PEERS[engine], read_market(folder / MARKET)
    store, prepared = folder / peer.store, peer.kind == PREPARED
    if peer.library == "duckdb":
        from perf.peers import duck

        with duck.opened(store, cores, peer.way == "parquet", prepared) as database:
            yield lambda: duck.answer(database, out, prepared, order_files)
    elif peer.library == "pandas":
        from perf.peers import panda

        yield lambda: panda.answer(market, store, out, order_files)
    else:
        from perf.peers import polar

        way: Any = peer.way
        yield lambda: polar.answer(market, store, out, way, prepared, order_files)


def answer(engine: str, folder: str, *, cores: int = 1, order_files: bool = True) -> None:
    """Answer once for every line that comes in."""
    with answering(engine, Path(folder), cores, order_files) as once:
        for _ in sys.stdin:
            once()
            print("done", flush=True)


if __name__ == "__main__":
    fire.Fire({"load": load, "answer": answer})
