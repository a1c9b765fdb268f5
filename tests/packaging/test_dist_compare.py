"""Two builds are compared by their manifests."""

from __future__ import annotations

import runpy
from pathlib import Path

from desktop.manifest import write_manifest

COMPARE = runpy.run_path(str(Path(__file__).parents[2] / "packaging" / "dist_compare.py"))


def test_a_file_that_changed_came_or_went_is_told(tmp_path: Path) -> None:
    for name, texts in {"one": ("a", "b", "c"), "other": ("a", "B", "", "d")}.items():
        folder = tmp_path / name
        folder.mkdir()
        for number, text in enumerate(texts):
            if text:
                (folder / f"{number}.txt").write_text(text, encoding="utf-8")
        write_manifest(folder)
    one, other = (COMPARE["read"](tmp_path / name / "MANIFEST.sha256") for name in ("one", "other"))
    assert set(one) == {"0.txt", "1.txt", "2.txt"}
    assert COMPARE["differences"](one, other) == (["1.txt", "2.txt", "3.txt"], [])
    assert COMPARE["differences"](one, dict(one)) == ([], [])
