"""What a reader with a screen, a keyboard or a screen reader needs of a page, told from its text alone."""

import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise

HEADINGS = ("h1", "h2", "h3", "h4")
VOID = frozenset(("meta", "link", "br", "img", "hr", "path", "use", "rect"))
Attributes = dict[str, str]


class Page(HTMLParser):
    """The elements of a page with their attributes and texts; that they nest is checked as they are read."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, Attributes]] = []
        self.elements: list[tuple[str, Attributes, tuple[str, ...]]] = []  # tag, attributes, tags around it
        self.texts: Counter[str] = Counter()  # letters inside each tag
        self.sections: dict[str, str] = {}
        self.headings: list[list[str]] = []  # tag, text
        self.tables: list[str] = []  # what the cells of each say
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        self.elements.append((tag, known, tuple(name for name, _ in self.open)))
        if tag in HEADINGS:
            self.headings.append([tag, ""])
        if tag == "table":
            self.tables.append("")
        if tag not in VOID:
            self.open.append((tag, known))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}, ()))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        around = [name for name, _ in self.open]
        if around and around[-1] in HEADINGS:
            self.headings[-1][1] += data.strip()
        if "td" in around:
            self.tables[-1] += data.strip()
        printed = not any("screen" in known.get("class", "") or name == "details" for name, known in self.open)
        section = next((known["id"] for name, known in self.open if name == "section" and "id" in known), "")
        heading = any(name in ("h2", "h3", "title", "style") for name, _ in self.open)
        if section and printed and not heading:
            self.sections[section] = self.sections.get(section, "") + data.strip()

    def all(self, tag: str) -> list[Attributes]:
        return [known for name, known, _ in self.elements if name == tag]


def troubles(text: str) -> list[str]:
    """Return what is wrong with a page: it loads something, names one id twice, or leaves somebody out."""
    page = Page(text)
    found = [f"<{tag}>" for tag, _, _ in page.elements if tag in ("script", "link", "iframe", "img")]
    ids = Counter(known["id"] for _, known, _ in page.elements if "id" in known)
    found += [f"id {name} is there {times} times" for name, times in ids.items() if times > 1]
    targets = [known[name] for _, known, _ in page.elements for name in ("src", "href", "xlink:href") if name in known]
    found += [f"link to {target}" for target in targets if target.removeprefix("#") not in ids]
    found += [f"header {known}" for known in page.all("th") if "scope" not in known]
    found += [f"figure {known}" for known in page.all("svg") if known.get("role") != "img"]
    inside = Counter((tag, around[-1]) for tag, _, around in page.elements if around)
    for tag in ("title", "desc"):
        if inside[tag, "svg"] != len(page.all("svg")):
            found.append(f"figures without <{tag}>")
    if len(page.all("caption")) != len(page.all("table")):
        found.append("tables without a caption")
    found += [f"box {known}" for known in page.all("div") if known.get("class") == "scroll" and "tabindex" not in known]
    found += [f"<pre> {known}" for known in page.all("pre") if "tabindex" not in known]
    printed = [known["id"] for known in page.all("section") if "id" in known]
    found += [f"section {name} prints empty" for name in printed if not page.sections.get(name)]
    if len(page.all("h1")) != 1 or len(page.all("main")) != 1:
        found.append("not one <h1> in one <main>")
    return found + _of_structure(page, targets)


def _of_structure(page: Page, targets: list[str]) -> list[str]:
    """Return what is wrong with how a page is built up: for who hears it, or jumps from heading to heading."""
    found = ["no language"] * any(not known.get("lang") for known in page.all("html"))
    levels = [int(tag[1]) for tag, _ in page.headings]
    found += [f"<h{b}> after <h{a}>" for a, b in pairwise(levels) if b > a + 1]
    texts = Counter(text for _, text in page.headings)
    found += [f"{times} headings say {text}" for text, times in texts.items() if times > 1]
    found += [f"<nav> {known}" for known in page.all("nav") if not known.get("aria-label")]
    named = {"#answer", *targets}
    sections = [known for known in page.all("section") if "id" in known]
    found += [f"no link to {known['id']}" for known in sections if page.all("nav") and f"#{known['id']}" not in named]
    found += [f"<section> {known}" for known in page.all("section") if not {"id", "aria-label"} & {*known}]
    return found + [f"table {n} says nothing" for n, text in enumerate(page.tables) if not text]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, #rrggbb, as WCAG 2 defines it."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def text_colours(text: str) -> set[str]:
    """Return the colours that a page writes text in, by its style sheet and its figures."""
    style = text[text.index("<style>") : text.index("</style>")]
    named = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", style))
    used = set(re.findall(r"(?<![-\w])color: (#[0-9a-f]{6})", style))
    used |= {named[name] for name in re.findall(r"(?<![-\w])color: var\(--(\w+)\)", style)}
    return used | set(re.findall(r'<text [^>]*fill="(#[0-9a-f]{6})"', text))
