"""What a program did to its files, read from strace: what a power cut could have undone, or mixed up."""

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

CALLS = (
    "open,openat,creat,write,writev,pwrite64,pwritev,ftruncate,truncate,copy_file_range,sendfile,rename,renameat,"
    "renameat2,link,linkat,mkdir,mkdirat,fsync,fdatasync,syncfs"
)
CALL = re.compile(r"^(?P<pid>\d+) +(?P<name>\w+)\((?P<rest>.*)$")
RESUMED = re.compile(r"^(?P<pid>\d+) +<\.\.\. (?P<name>\w+) resumed>(?P<rest>.*)$")
HANDLE = re.compile(r"^\d+<(?P<path>[^>]*)>")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
RESULT = re.compile(r"= (-?\d+)[^=]*$")


def traced(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> list[str]:
    """Run a program under strace and return what it called, in the order of the calls."""
    log = folder / "calls.txt"
    words = ["strace", "-f", "-y", "-s", "300", "--seccomp-bpf", "-e", f"trace={CALLS}", "-o", str(log), *command]
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    return log.read_text(errors="replace").splitlines()


def why_not_traceable() -> str:
    """Return why nothing can be traced here; "" if it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(["strace", "-f", "--seccomp-bpf", "true"], capture_output=True, text=True, check=False)
    return "" if tried.returncode == 0 else f"strace may not trace here: {tried.stderr.strip()[-80:]}"


def calls(lines: Iterable[str]) -> Iterator[tuple[str, str, bool]]:
    """Yield name, arguments, and whether it is the end of each call that did not fail.

    A call that others interleave with takes two lines: it is yielded at both.
    """
    begun: dict[tuple[str, str], str] = {}
    for line in lines:
        if match := CALL.match(line):
            name, rest = match["name"], match["rest"]
            if rest.endswith("<unfinished ...>"):
                begun[match["pid"], name] = rest
                yield name, rest, False
            elif _went_well(rest):
                yield name, rest, False
                yield name, rest, True
        elif (match := RESUMED.match(line)) and _went_well(match["rest"]):
            yield match["name"], begun.pop((match["pid"], match["name"]), ""), True


def _went_well(rest: str) -> bool:
    result = RESULT.search(rest)
    return result is not None and int(result[1]) >= 0


def undurable(lines: Iterable[str], folder: Path, roots: Sequence[Path], free: Sequence[str] = ()) -> list[str]:
    """Return what a power cut could undo: renames over unsynced data; files, folders and names left unsynced.

    A write counts from its begin, a sync from its end. Files below ``roots`` count, but those of ``free`` names.
    """
    files, names, found = set[str](), set[str](), list[str]()

    def ours(path: str) -> bool:
        return any(Path(path).is_relative_to(root) for root in roots) and Path(path).name not in free

    def whole(path: str) -> str:
        return str(folder / path)

    for name, rest, ended in calls(lines):
        handle = HANDLE.match(rest)
        quoted = (
            [whole(path) for path in QUOTED.findall(rest)] if name.startswith(("open", "c", "re", "l", "mk")) else []
        )
        if name in ("fsync", "fdatasync") and ended and handle:
            files.discard(handle["path"])
            names.discard(handle["path"])
        elif name == "syncfs" and ended:
            files.clear()
            names.clear()
        elif name.startswith("rename") and not ended and len(quoted) == 2:
            old, new = quoted
            if ours(new):
                found += [f"{new} is renamed over data that is not synced"] * (old in files)
                names |= {str(Path(new).parent)}
            files.discard(old)
        elif name.startswith(("mkdir", "link")) and not ended and quoted and ours(quoted[-1]):
            names.add(str(Path(quoted[-1]).parent))
        elif name.startswith(("open", "creat")) and not ended and quoted and ours(quoted[0]):
            if "O_TRUNC" in rest or name == "creat":
                files.add(quoted[0])
        elif handle and not ended and name not in ("fsync", "fdatasync", "syncfs") and ours(handle["path"]):
            files.add(handle["path"])
    left = [path for path in sorted(files) if Path(path).exists()]  # what was removed again needs no sync
    found += [f"{path} is left unsynced" for path in left]
    return found + [f"the names in {path} are left unsynced" for path in sorted(names) if Path(path).is_dir()]
