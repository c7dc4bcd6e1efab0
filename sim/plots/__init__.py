"""What to draw: one file a plot, holding one function called like the file.

A plot takes a comparison (or plain arrays) and returns a matplotlib `Figure`; `save` writes it.
Nothing here touches pyplot, the display or the user's settings.
"""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from sim.plots._save import save
from sim.registry import Registry

__all__ = ["PLOTS", "save"]


def _plot_in(module: ModuleType, name: str) -> Callable[..., Any]:
    """Returns the plot that a file defines."""
    plot = getattr(module, name)
    if not callable(plot):
        raise TypeError
    return plot  # type: ignore[no-any-return]


PLOTS: Registry[Callable[..., Any]] = Registry("plot", sys.modules[__name__], _plot_in)
