"""What the pages of a PDF show, as Chromium writes them: every object in plain sight, contents deflated."""

import re
import zlib

OBJECT = re.compile(rb"\n(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
SHOW = re.compile(rb"T[jJ]\b")  # the operators that show text


def texts_of_pages(pdf: bytes) -> list[int]:
    """Return how many pieces of text each page shows, in the order of the file."""
    objects = dict(OBJECT.findall(pdf))
    pages = [body for body in objects.values() if re.search(rb"/Type /Page\b", body)]
    assert len(pages) == len(re.findall(rb"/Type /Page\b", pdf)) > 0, "written in another way"
    return [_texts(objects, re.findall(rb"/Contents (\d+) 0 R", page)) for page in pages]


def _texts(objects: dict[bytes, bytes], contents: list[bytes]) -> int:
    streams = [objects[name].partition(b"stream\n")[2].rpartition(b"\nendstream")[0] for name in contents]
    return sum(len(SHOW.findall(zlib.decompress(stream))) for stream in streams)
