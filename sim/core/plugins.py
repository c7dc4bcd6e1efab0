"""Finds what the files of a folder define: one file, one thing, called like the file."""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


def names(package: ModuleType) -> list[str]:
    """Returns the names of a package's modules, sorted; those with a leading _ are helpers."""
    return sorted(m.name for m in iter_modules(package.__path__) if not m.name.startswith("_"))


def module(package: ModuleType, name: str) -> ModuleType:
    """Returns a module of a package."""
    return import_module(f"{package.__name__}.{name}")


def modules(package: ModuleType) -> dict[str, ModuleType]:
    """Returns the modules of a package by name, sorted."""
    return {name: module(package, name) for name in names(package)}
