"""Compiled templates are kept, found again, and compiled anew where what is kept is not as it was written."""

from pathlib import Path

import jinja2
import pytest

from driver.report.rendering.kept_templates import FOLDER, KeptTemplates


class Counting(jinja2.Environment):
    """Counts how many templates it compiles."""

    compiled = 0

    def compile(self, *args: object, **more: object) -> object:  # type: ignore[override]
        """Compile a template."""
        self.compiled += 1
        return super().compile(*args, **more)  # type: ignore[call-overload]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "darkreplay" / FOLDER


def shown(folder: Path) -> tuple[str, int]:
    """Return what a template shows, and how many were compiled for it."""
    environment = Counting(loader=jinja2.FileSystemLoader(folder), bytecode_cache=KeptTemplates())
    return environment.get_template("page.html").render(n=3), environment.compiled


def templates(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "page.html").write_text(text)
    return folder


def test_a_template_is_compiled_once(cache: Path, tmp_path: Path) -> None:
    folder = templates(tmp_path / "pages", "{{ n + 1 }}")
    assert [shown(folder), shown(folder)] == [("4", 1), ("4", 0)]
    assert len([*cache.iterdir()]) == 1


def test_another_text_is_compiled_again(cache: Path, tmp_path: Path) -> None:
    shown(templates(tmp_path / "pages", "{{ n + 1 }}"))
    assert shown(templates(tmp_path / "pages", "{{ n + 2 }}")) == ("5", 1)


@pytest.mark.parametrize("place", [0, 40, -20, -1])
def test_damage_is_found_before_the_code_is_loaded(cache: Path, tmp_path: Path, place: int) -> None:
    folder = templates(tmp_path / "pages", "{{ n + 1 }}")
    shown(folder)
    (path,) = cache.iterdir()
    content = bytearray(path.read_bytes())
    content[place] ^= 0x21
    path.write_bytes(content)
    assert [shown(folder), shown(folder)] == [("4", 1), ("4", 0)]


@pytest.mark.parametrize("content", [b"", b"crc32"])
def test_a_file_that_is_cut_off_is_damaged(cache: Path, tmp_path: Path, content: bytes) -> None:
    folder = templates(tmp_path / "pages", "{{ n + 1 }}")
    shown(folder)
    (path,) = cache.iterdir()
    path.write_bytes(content)
    assert shown(folder) == ("4", 1)


def test_without_a_folder_a_template_is_compiled_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(leaf: str) -> Path:
        raise PermissionError(leaf)

    monkeypatch.setattr("driver.report.rendering.kept_templates.cache_folder", refuse)
    folder = templates(tmp_path / "pages", "{{ n + 1 }}")
    assert [shown(folder), shown(folder)] == [("4", 1), ("4", 1)]
