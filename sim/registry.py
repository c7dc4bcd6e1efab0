"""Finds what the files of a folder define: a new file is a new member, without another edit."""

import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from sim.core.plugins import module, names
from sim.errors import UserError, unknown

T = TypeVar("T")

PLUGIN = "cocreate_plugin_"
"""How the name of a module begins that is a user's own file."""


class Registry(Mapping[str, T]):
    """The members of one kind, by name; the file of one is read when it is asked for.

    `pick` takes a module and the name of its file and returns the member that it defines; it
    raises AttributeError or TypeError where there is none.
    """

    def __init__(self, kind: str, package: ModuleType, pick: Callable[[ModuleType, str], T]):
        self.kind = kind
        self._package = package
        self._pick = pick

    @cached_property
    def _members(self) -> dict[str, T | None]:
        """All members by name, None for one that was not asked for yet."""
        return dict.fromkeys(names(self._package))

    def __getitem__(self, name: str) -> T:
        """Returns a member; a UserError names the nearest one there is."""
        if name not in self._members:
            raise unknown(self.kind, name, self._members)
        member = self._members[name]
        if member is None:
            member = self._members[name] = self._pick(module(self._package, name), name)
        return member

    def __contains__(self, name: object) -> bool:
        """Returns whether there is a member of this name."""
        return name in self._members

    def __iter__(self) -> Iterator[str]:
        """Iterates over the names."""
        return iter(self._members)

    def __len__(self) -> int:
        """Returns the number of members."""
        return len(self._members)

    def add(self, own: ModuleType, name: str) -> None:
        """Takes in the member of a module from outside the package, under a name of its own."""
        member = self._pick(own, name)
        if name in names(self._package):
            raise UserError(
                f"{own.__file__}: a {self.kind} is called {name!r} already; rename the file"
            )
        self._members[name] = member


class _Source(SourceFileLoader):
    """Runs a file as it is: bytecode kept beside it is told from newer source by seconds only."""

    def path_stats(self, path: Any) -> Mapping[str, Any]:
        """Says that there is no bytecode to go by."""
        raise OSError


def plug_in(path: str | Path, *registries: Registry[Any]) -> str:
    """Runs a user's Python file and takes what it defines into the registry it fits.

    The file defines one thing called like itself. Returns its name; a UserError says what is
    wrong with the file.
    """
    file = Path(path)
    if not file.is_file():
        raise UserError(f"{file}: there is no such plug-in file")
    if file.suffix != ".py":
        raise UserError(f"{file}: a plug-in must be a Python file, called NAME.py")
    loader = _Source(f"{PLUGIN}{file.stem}", str(file))
    spec = importlib.util.spec_from_file_location(loader.name, file, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where a dataclass looks its annotations up
    try:
        loader.exec_module(module)
    except Exception as problem:
        raise UserError(f"{file}: {type(problem).__name__}: {problem}") from problem
    for registry in registries:
        try:
            registry.add(module, file.stem)
        except (AttributeError, TypeError):
            continue
        return file.stem
    kinds = " or a ".join(registry.kind for registry in registries)
    raise UserError(f"{file}: defines no {kinds} called like the file, {file.stem!r}")
