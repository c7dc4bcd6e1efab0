"""An experiment while it is read: its table, and a line for everything that is wrong with it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.design.words import unknown


class Draft:
    """The table of an experiment, merged from its files.

    `origins` says which file each key comes from, `files` holds the data files by name. Gathered
    while it is read: `lines` of what is wrong, `notes` for the user, and what is `written` of the
    experiment as a file would write it, with every default in place.
    """

    def __init__(
        self, file: str, table: dict[str, Any], origins: dict[str, str], files: dict[str, Path]
    ):
        self.file, self.table, self.origins, self.files = file, table, origins, files
        self.lines: list[str] = []
        self.notes: list[str] = []
        self.written: dict[str, Any] = {}

    def wrong(self, key: str, said: object, place: str = "") -> None:
        """Adds what is wrong with a key, line by line, with its file and place."""
        lines = said if isinstance(said, list) else str(said).splitlines()
        file = self.origins.get(key, self.file)
        self.lines += [f"{file}: {place}{line}" for line in lines]

    def inner(self, key: str, known: Sequence[str] | None = None) -> dict[str, Any]:
        """Returns one of the tables, whose keys are known or names."""
        given = self.table.get(key, {})
        if not isinstance(given, Mapping):
            self.wrong(key, f"{key} must be a table, [{key}], but is {given!r}")
            return {}
        for name in given:
            if known is not None and name not in known:
                self.wrong(f"{key}.{name}", unknown("key", name, known), f"[{key}]: ")
        return dict(given)

    def whole(self, key: str, given: object, low: int, most: int, default: int) -> int:
        """Returns a whole number from `low` to `most`, or the default where it is wrong."""
        if isinstance(given, bool) or not isinstance(given, int) or given < low:
            self.wrong(key, f"{key} must be a whole number of at least {low}, but is {given!r}")
            return default
        if given > most:
            self.wrong(key, f"{key} must be at most {most:,}, but is {given:,}")
            return default
        return given

    def names(self, key: str, kind: str, known: Iterable[str]) -> tuple[str, ...]:
        """Returns a list of names, each once; all there are if the key is true or left out."""
        known = tuple(known)
        given = self.table.get(key, True)
        if given is True:
            return known
        if not isinstance(given, list | tuple) or not given:
            self.wrong(key, f"{key} must be a list of one name or more, but is {given!r}")
            return known
        for n, name in enumerate(given):
            if name not in known:
                self.wrong(key, f"{key}: {unknown(kind, name, known)}")
            elif name in given[:n]:
                self.wrong(key, f"{key} must have each name once, but has {name!r} twice")
        return tuple(given)
