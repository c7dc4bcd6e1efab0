"""Finds what the files of a folder define: one file, one thing, called like the file."""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


def modules(package: ModuleType) -> dict[str, ModuleType]:
    """Returns the modules of a package by name, sorted; names with a leading _ are helpers."""
    names = sorted(m.name for m in iter_modules(package.__path__) if not m.name.startswith("_"))
    return {name: import_module(f"{package.__name__}.{name}") for name in names}
