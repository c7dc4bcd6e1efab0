"""Write a figure to a file, whole or not at all, the same bytes for the same figure."""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.errors import UserError, unknown
from sim.files import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DATELESS: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None},
    "svg": {"Date": None},
}
"""Formats by suffix, with the metadata that would tell when a file was made taken out."""


GLYPH = re.compile(r"Glyph (\d+) ")
"""How matplotlib's warning of a letter that no font has begins."""
WRITING = "Matplotlib currently does not support"
"""How its warning of a way of writing, which comes with that of its letters, begins."""

logger = logging.getLogger("sim")


def save(figure: Figure, path: str | os.PathLike[str]) -> Path:
    """Write a figure as .png, .pdf or .svg, by the suffix of the path; the folder must exist."""
    from matplotlib import rc_context

    path = Path(path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in DATELESS:
        raise unknown("figure format", kind or path.name, DATELESS)
    if not path.parent.is_dir():
        raise UserError(f"There is no folder {str(path.parent)!r} to write {path.name!r} into")
    # Without a fixed salt the ids in an SVG differ each time; journals ask for TrueType.
    with (
        whole_file(path) as file,
        _letters_told(path.name),
        rc_context({"svg.hashsalt": "cocreate", "pdf.fonttype": 42}),
    ):
        figure.savefig(file, format=kind, dpi=200, metadata=DATELESS[kind])
    return path


@contextmanager
def _letters_told(name: str) -> Iterator[None]:
    """Log the letters that no font has once, in one line; other warnings stay as they are."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    letters: dict[str, None] = {}
    for warning in caught:
        said = str(warning.message)
        if found := GLYPH.match(said):
            letters[chr(int(found[1]))] = None
        elif not said.startswith(WRITING):
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )
    if letters:
        logger.warning(
            "cocreate: %s shows boxes for %s, which its font does not have",
            name,
            " ".join(letters),
        )
