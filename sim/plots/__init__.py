"""What to draw: one file a plot, holding one function called like the file.

A plot takes a comparison (or plain arrays) and returns a matplotlib `Figure`; `save` writes it.
Nothing here touches pyplot, the display or the user's settings.
"""

from sim.plots._save import save

__all__ = ["save"]
