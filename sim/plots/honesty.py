"""Who wins where: the best and the worst style of each environment, and which shifts pay there."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sim.plots import _draw

if TYPE_CHECKING:
    from sim.honesty import Honesty
    from sim.honesty.verdicts import Place, Step

ROW, SHIFT = 0.26, 0.64
"""Height of an environment and width of a shift [inch]."""
LETTER, SMALL_LETTER = 0.073, 0.056
"""Width of a bold letter and of a small one, at most about [inch]."""
BESIDE, GAP, MARGIN = 0.06, 0.15, 0.12
"""Room between best and worst, between groups of columns, and around all [inch]."""
TITLE_LINE, LINE = 0.17, 0.13
"""Height of a line of the title and of one over the columns [inch]."""
HEAD_LETTERS = 12
"""Letters of a title in an inch, at least."""
LEGEND = (
    "Full colour: best by more than chance; pale with ?: may be chance. "
    "Shifts: + yes, − it lowers it, blank: may be chance"
)
PALE = 0.2
"""How much of its colour a style keeps where its place may be chance."""
WRAP = 11
"""Letters in a line over a shift, at most."""


def honesty(honesty: Honesty) -> Figure:
    """Draw the best style (block) and the worst (name) on each outcome, and which shifts pay.

    What may be chance is pale and has a question mark, or is left blank.
    """
    environments, shifts = list(honesty.environments), list(honesty.question.shifts)
    styles = honesty.question.styles
    outcomes = list(dict.fromkeys(place.outcome for place in honesty.places))
    letters = max(len(style) for style in styles) + 2
    block, name = LETTER * letters + 0.1, SMALL_LETTER * letters
    first = MARGIN + LETTER * max(len(environment) for environment in environments) * 0.85
    each = block + BESIDE + name + GAP
    columns = [first + GAP / 2 + each * n for n in range(len(outcomes) + 1)]
    width = columns[-1] + SHIFT * len(shifts) + MARGIN
    heads = [textwrap.wrap(shift, WRAP) for shift in shifts]
    question = textwrap.wrap(
        "Does the shift raise the surplus?", round(HEAD_LETTERS * SHIFT * len(shifts))
    )
    title = [
        f"Who wins where? n = {honesty.seeds} runs a style, paired by seed; 95 % intervals",
        *textwrap.wrap(LEGEND, round(HEAD_LETTERS * width)),
    ]
    n_lines = len(question) + max(len(head) for head in heads)
    top = 2 * MARGIN + TITLE_LINE * len(title) + LINE * n_lines
    height = top + ROW * len(environments) + MARGIN
    figure = _draw.blank(width, height, "\n".join(title))
    figure.set_layout_engine("none")  # every place is known
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0), zorder=-1)
    axes.set_axis_off()
    rows = {environment: top + ROW * n for n, environment in enumerate(environments)}
    for environment, y in rows.items():
        axes.plot([MARGIN, width - MARGIN], [y, y], color="#e6e6e6", linewidth=0.6, zorder=0)
        _say(axes, first, y + ROW / 2, environment, _draw.TEXT, ha="right")
    starts = dict(zip(outcomes, columns, strict=False))
    middles = {shift: columns[-1] + SHIFT * (n + 0.5) for n, shift in enumerate(shifts)}
    for outcome, x in starts.items():
        heading = outcome.replace("_", " ").capitalize()
        _say(axes, x, top - 1.7 * LINE, heading, _draw.HEAD, weight="bold")
        for at, word in ((x, "best"), (x + block + BESIDE, "worst")):
            _say(axes, at, top - 0.6 * LINE, word, _draw.SMALL, _draw.FAINT)
    for n, words in enumerate(question):
        y = top - LINE * (n_lines - n - 0.3)
        _say(axes, columns[-1] + 0.1, y, words, _draw.HEAD, weight="bold")
    for middle, head in zip(middles.values(), heads, strict=True):
        for n, words in enumerate(reversed(head)):
            _say(axes, middle, top - LINE * (n + 0.6), words, _draw.SMALL, ha="center")
    drawn: set[tuple[str, str, str]] = set()
    for place in honesty.places:
        cell = place.environment, place.outcome, place.role
        if place.first and cell not in drawn:  # of a tie, the first
            drawn.add(cell)
            colour = _draw.look(styles.index(place.style)).colour
            x, y = starts[place.outcome], rows[place.environment]
            if place.role == "best":
                _best(axes, place, colour, x, y, block)
            else:
                _worst(axes, place, colour, x + block + BESIDE, y)
    for step in honesty.deciding:
        _step(axes, step, middles[step.shift], rows[step.environment])
    return figure


def _say(
    axes: Axes,
    x: float,
    y: float,
    words: str,
    size: float,
    colour: str | tuple[float, ...] = _draw.INK,
    weight: str = "normal",
    ha: str = "left",
) -> None:
    """Write a word around this height."""
    axes.text(
        x,
        y,
        _draw.literal(words),
        fontsize=size,
        color=colour,
        weight=weight,
        ha=ha,
        va="center_baseline",
    )


def _best(axes: Axes, place: Place, colour: str, x: float, y: float, width: float) -> None:
    """A block in the colour of the style, with its name."""
    face = to_rgb(colour) if place.sure else _mixed(colour, "white", PALE)
    axes.add_patch(Rectangle((x, y + 0.02), width, ROW - 0.04, facecolor=face, linewidth=0))
    words = place.style if place.sure else f"{place.style} ?"
    ink = to_rgb("white") if place.sure else _mixed(colour, _draw.INK, 0.7)
    _say(axes, x + 0.06, y + ROW / 2, words, _draw.TEXT, ink, weight="bold")


def _worst(axes: Axes, place: Place, colour: str, x: float, y: float) -> None:
    """The name of the style, small."""
    words = place.style if place.sure else f"{place.style} ?"
    ink = to_rgb(colour) if place.sure else _mixed(colour, "white", 0.6)
    _say(axes, x, y + ROW / 2, words, _draw.SMALL, ink)


def _step(axes: Axes, step: Step, x: float, y: float) -> None:
    """A plus on dark where a shift pays, a minus on light where it does not."""
    if not step.sign:
        return
    pays = step.sign > 0
    axes.add_patch(
        Rectangle(
            (x - 0.17, y + 0.035),
            0.34,
            ROW - 0.07,
            facecolor=_draw.INK if pays else "white",
            edgecolor=_draw.INK,
            linewidth=0.8,
        )
    )
    ink = "white" if pays else _draw.INK
    _say(axes, x, y + ROW / 2, "+" if pays else "−", _draw.HEAD, ink, "bold", "center")


def _mixed(colour: str, other: str, share: float) -> tuple[float, ...]:
    """A colour of which only a share is kept, the rest being another one."""
    pairs = zip(to_rgb(colour), to_rgb(other), strict=True)
    return tuple(share * a + (1 - share) * b for a, b in pairs)
