"""How things are said on a terminal: tables, numbers that fit, what it cannot encode."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from rich.box import SIMPLE_HEAD, Box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from sim.analysis.comparison import Outcome
    from sim.analysis.effects import Effect

LEVEL = "95 %"
POWERS = {1: "", 1_000: "k", 1_000_000: "M", 1_000_000_000: "G"}
PLAIN_HEAD = Box("    \n    \n -- \n" + "    \n" * 5, ascii=True)
VERDICTS = {
    "match": "green",
    "holds": "green",
    "undecided": "yellow",
    "missed": "bold red",
    "fails": "bold red",
}
PLAIN = str.maketrans({"▲": "^", "▼": "v", "◆": "#", "±": "+-", "–": "to", "≤": "<=", "≥": ">="})


def span_of(scale: Scale, low: float, high: float) -> str:
    """An interval, or a dash where it is not known."""
    return f"{scale.number(low)} – {scale.number(high)}" if math.isfinite(high - low) else "-"


def fits(tables: Sequence[Table], console: Console) -> bool:
    """Whether tables need no more than the width of the console."""
    unbounded = console.options.update(width=10_000)
    return all(Measurement.get(console, unbounded, t).maximum <= console.width for t in tables)


def dotted(name: str) -> str:
    """A name in lines that end with its dots."""
    return name.replace(".", ".\n")


def plain(name: str) -> str:
    """A name as words."""
    return name.replace("_", " ")


def difference_of(effect: Effect, about: Outcome, scale: Scale) -> tuple[str, str]:
    """A difference with half its interval and a mark where it is more than chance; its style."""
    if not math.isfinite(effect.difference):
        return "- ", ""
    shown = scale.number(effect.difference, sign=True)
    if math.isfinite(effect.low):
        shown += f" ±{scale.number(half_width(effect))}"
    if not effect.differs:
        return f"{shown} ", ""
    good = effect.difference * about.better
    mark, style = ("▲", "bold green") if good > 0 else ("▼", "bold red") if good else ("◆", "bold")
    return shown + mark, style


def half_width(effect: Effect) -> float:
    return (effect.high - effect.low) / 2


@dataclass(frozen=True)
class Scale:
    """How the numbers of one row are written: in powers of a thousand, with these decimals."""

    power: int
    decimals: int
    below_one: bool

    @classmethod
    def of(
        cls,
        numbers: Iterable[float | None],
        precisions: Iterable[float] = (),
        powers: Iterable[int] = (1,),
    ) -> Self:
        """Decimals show the typical precision with one digit, two if it begins with a 1.

        The largest number gets two digits at least, three where no precision is known.
        """
        sizes = [abs(n) for n in numbers if n is not None and math.isfinite(n)]
        largest = max(sizes, default=0.0)
        power = max((power for power in powers if largest >= power), default=1)
        place = math.floor(math.log10(largest / power)) if largest else 0
        known = sorted(p / power for p in precisions if math.isfinite(p) and p > 0)
        if known:
            typical = known[len(known) // 2]
            last = math.floor(math.log10(typical))
            decimals = max(1 - place, (1 if typical < 2.0 * 10.0**last else 0) - last)
        else:
            decimals = 2 - place
        return cls(power, min(6, max(0, decimals)), largest < 1)

    def number(self, value: float | None, *, sign: bool = False) -> str:
        """One number; the zero before the point is left out where all are below 1."""
        if value is None or not math.isfinite(value):
            return "-"
        shown = f"{value / self.power:{'+' if sign else ''}z,.{self.decimals}f}"
        return shown.replace("0.", ".", 1) if self.below_one else shown


def new_table(console: Console) -> Table:
    box = PLAIN_HEAD if console.options.ascii_only else SIMPLE_HEAD
    return Table(box=box, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)


def as_text(console: Console, words: str, style: str = "") -> Text:
    """Words that this console can encode; names are never read as markup."""
    if console.options.ascii_only:
        words = words.translate(PLAIN)
    encoding = console.encoding
    return Text(words.encode(encoding, "backslashreplace").decode(encoding), style=style)


def say(console: Console, words: str, style: str = "") -> None:
    console.print(as_text(console, words, style))
