"""Results as tables for the terminal: a comparison of styles, and real against simulated."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

from rich.box import SIMPLE_HEAD, Box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from sim.analysis.comparison import Comparison, Outcome
    from sim.analysis.effects import Effect
    from sim.analysis.indices import Index
    from sim.analysis.report import Report
    from sim.analysis.sensitivity import Sensitivity
    from sim.honesty import Honesty
    from sim.honesty.verdicts import Place, Step
    from sim.patterns import Finding
    from sim.replication import ClaimRow, Replication, Row

FEW_RUNS = 10
LEVEL = "95 %"
WIDE = 120
"""From this width on sources stand in the table of patterns, else below it."""
LABEL_WIDTHS = (16, 40)
"""The least and the most that the titles of the rows may take."""
POWERS = {1: "", 1_000: "k", 1_000_000: "M", 1_000_000_000: "G"}
HARD_SPACE = "\N{NO-BREAK SPACE}"
PLAIN_HEAD = Box("    \n    \n -- \n" + "    \n" * 5, ascii=True)
MANY_ROWS = 60
"""A replication with more cells shows the published ones alone."""
MANY_PLACES = 60
"""A study with more lines than these says its findings alone."""
VERDICTS = {
    "match": "green",
    "holds": "green",
    "undecided": "yellow",
    "missed": "bold red",
    "fails": "bold red",
}
SIGNS = {1: ("▲", "green"), 0: (" ", ""), -1: ("▼", "red")}
"""How the effect of a shift is marked."""
MATTERS = {
    "saltelli": "indices are shares of variance.",
    "morris": "effects are changes per whole range.",
}
"""What sensitivity indices measure, by the design that they come from."""
ROLES = ("best", "worst")
SHIFT_WIDTH = 11
"""Letters in a line over a shift, at most."""
PLAIN = str.maketrans({"▲": "^", "▼": "v", "◆": "#", "±": "+-", "–": "to", "≤": "<=", "≥": ">="})


class SideBySide(Protocol):
    """A pattern in a real community and in runs, nine of ten of which lie in `low` to `high`."""

    pattern: str
    real: float | None
    simulated: float | None
    low: float | None
    high: float | None
    verdict: str


def print_comparison(
    comparison: Comparison,
    console: Console,
    baseline: str | None = None,
    names: list[str] | None = None,
) -> None:
    """Print what each style changes against the baseline, then who wins on what.

    A row an outcome, a column a style: the baseline's mean (standard deviation), the others'
    differences with half the width of their intervals. Too many columns for the console go into
    several blocks, each with the baseline. What the console cannot encode is spelled in ASCII.
    """
    base = comparison.arms[comparison.arm(baseline)]
    effects = comparison.all_effects(names, base)
    _say(console, f"{comparison.scenario}: {base} and how the others differ from it", style="bold")
    for block in _blocks(comparison, effects, base, console):
        console.print()
        console.print(block)
    console.print()
    for note in _notes(comparison, effects, base):
        _say(console, note, style="dim")
    console.print()
    for sentence in comparison.sentences(names):
        _say(console, sentence)
    for caution in _cautions(comparison, effects):
        _say(console, caution, style="bold")


def print_side_by_side(rows: Iterable[SideBySide], console: Console) -> None:
    """Print patterns of a real community beside those of runs, with spread and verdict."""
    table = _table(console)
    table.add_column("Pattern")
    for heading in ("Real", "Simulated", "Nine of ten runs"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Verdict")
    for row in rows:
        numbers = (row.real, row.simulated, row.low, row.high)
        scale = _Scale.of(numbers)
        real, simulated, low, high = (scale.number(number) for number in numbers)
        span = "-" if low == high == "-" else f"{low} – {high}"
        cells = (row.pattern, real, simulated, span, row.verdict)
        table.add_row(*(_text(console, cell) for cell in cells))
    console.print(table)


def print_replication(replication: Replication, console: Console) -> None:
    """Print published numbers beside simulated ones, panel by panel, then claims and a summary."""
    classic = replication.classic
    _say(console, f"{classic.title} ({classic.source})", style="bold")
    rows = list(replication.rows)
    if len(rows) > MANY_ROWS:
        rows = [row for row in rows if row.verdict]
    panels: dict[str, list[Row]] = {}
    for row in rows:
        panels.setdefault(row.cell.panel, []).append(row)
    for panel, members in panels.items():
        console.print()
        _say(console, f"{panel}: {classic.y}" if panel else classic.y)
        console.print(_replicated(members, classic.x, replication.runs, console))
    if hidden := len(replication.rows) - len(rows):
        console.print()
        _say(console, f"{hidden} more cells were not published; --out writes all.", style="dim")
    if replication.claims:
        console.print()
        console.print(_claimed(replication.claims, console))
    console.print()
    words = _text(console, replication.summary(), "bold" if replication.ok else "bold red")
    console.print(words, soft_wrap=True)


def _replicated(rows: list[Row], x: str, n_runs: int, console: Console) -> Table:
    """The cells of one panel; the number of runs where a cell is not known in all of them."""
    kinds = ",\n".join(dict.fromkeys(row.kind for row in rows if row.kind))
    fewer = any(row.n < n_runs for row in rows)
    headings = [textwrap.fill(x, 16), kinds or "published", "±", "simulated", "95 % interval"]
    table = _table(console)
    table.add_column(overflow="fold")
    for heading in [*headings, *(["runs"] if fewer else [])]:
        table.add_column(_text(console, heading), justify="right", overflow="fold")
    table.add_column("verdict", overflow="fold")
    numbers = [number for row in rows for number in (row.published, row.mean)]
    tolerances = [row.tolerance for row in rows if row.tolerance > 0]
    halves = [(row.high - row.low) / 2 for row in rows]
    scale = _Scale.of(numbers, [min(tolerances) / 5] if tolerances else halves)
    lines = list(dict.fromkeys(row.cell.line for row in rows))
    for row in sorted(rows, key=lambda row: (lines.index(row.cell.line), row.cell.x)):
        cells = [row.cell.line, f"{row.cell.x:g}", scale.number(row.published)]
        cells += [f"{row.tolerance:.2g}" if row.verdict else "-", scale.number(row.mean)]
        cells += [_span(scale, row.low, row.high), *([str(row.n)] if fewer else [])]
        table.add_row(
            *(_text(console, cell) for cell in cells),
            _text(console, row.verdict, VERDICTS.get(row.verdict, "")),
        )
    return table


def _claimed(claims: tuple[ClaimRow, ...], console: Console) -> Table:
    """The claims, each with its excess, which must be above 0."""
    table = _table(console)
    table.add_column("claim", overflow="fold")
    for heading in ("excess", "95 % interval"):
        table.add_column(heading, justify="right", overflow="fold")
    table.add_column("verdict", overflow="fold")
    for claim in claims:
        scale = _Scale.of([claim.mean], [(claim.high - claim.low) / 2])
        excess = scale.number(claim.mean, sign=True)
        cells = (claim.says, excess, _span(scale, claim.low, claim.high))
        table.add_row(
            *(_text(console, cell) for cell in cells),
            _text(console, claim.verdict, VERDICTS[claim.verdict]),
        )
    return table


def _span(scale: _Scale, low: float, high: float) -> str:
    """An interval, or a dash where it is not known."""
    return f"{scale.number(low)} – {scale.number(high)}" if math.isfinite(high - low) else "-"


def print_patterns(findings: Iterable[Finding], summary: str, console: Console) -> None:
    """Print each number of each pattern beside its range, then what is missing and the summary."""
    findings = list(findings)
    wide = console.width >= WIDE
    table = _table(console)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("Pattern")
    table.add_column("Range", justify="right", no_wrap=True)
    table.add_column(f"Mean ({LEVEL})", justify="right", no_wrap=True)
    table.add_column("Verdict")
    table.add_column("Use", no_wrap=True)
    if wide:
        table.add_column("Source")
    last = None
    for found in findings:
        first, last = found.number != last, found.number
        half = (found.interval_high - found.interval_low) / 2
        scale = _Scale.of((found.mean,), (half,))
        mean, low, high = (
            scale.number(n) for n in (found.mean, found.interval_low, found.interval_high)
        )
        cells = [
            str(found.number) if first else "",
            f"{found.title}: {found.what}" if first else found.what,
            _range(found.low, found.high),
            mean if low == "-" else f"{mean} ({low} – {high})",
            found.verdict if found.sure or low == "-" else f"{found.verdict} ?",
            found.use if first else "",
            found.source if first else "",
        ]
        table.add_row(*(_text(console, cell) for cell in cells[: 7 if wide else 6]))
    console.print(table)
    console.print()
    for note in _notes_on_patterns(findings, wide):
        _say(console, note, style="dim")
    console.print()
    _say(console, summary, style="bold")


def print_sensitivity(found: Sequence[Sensitivity], console: Console) -> None:
    """Print the indices of each outcome, a row a factor, then what they rest on.

    The factor that matters most comes first.
    """
    for one in found:
        _say(console, one.title, style="bold")
        if one.reason:
            _say(console, f"No indices: {one.reason}.")
        else:
            whole, broken = (_indices(one, console, broken=broken) for broken in (False, True))
            console.print(whole if _fits([whole], console) else broken)
        console.print()
    first = found[0]
    bases = first.bases
    runs = f"the mean of {first.replicates} runs" if first.replicates > 1 else "one run"
    for note in (
        f"{first.n:,} {bases}, {runs} at each point; {MATTERS[first.method]}",
        f"±: {LEVEL} intervals by resampling {bases}"
        f"{' and replicates' if first.replicates > 1 else ''}, each index for itself; "
        "?: not told from 0" + (", or from chance." if first.replicates > 1 else "."),
    ):
        _say(console, note, style="dim")
    if first.replicates == 1:
        caution = (
            "Caution: with one run at each point, chance counts as interaction; two seeds or more "
            "tell it apart."
        )
        _say(console, caution, style="bold")


def _indices(one: Sensitivity, console: Console, *, broken: bool) -> Table:
    """The measures of each factor with half their intervals.

    Beside the measure that ranks them stands what chance makes of it, if that is known, and what
    it was with half the base points. Names may be `broken` at their dots.
    """
    every = one.growth[one.n]
    scale = _Scale.of([i.value for i in every], [i.high - i.value for i in every], POWERS)
    table = _table(console)
    table.add_column(POWERS[scale.power] and f"[{POWERS[scale.power]}]", overflow="fold")
    for measure in one.measures:
        table.add_column(f"{measure} ", justify="right", no_wrap=True)
    half = one.of(one.leading, one.n // 2)
    if one.replicates > 1:
        table.add_column(f"{one.leading}\nby chance", justify="right", no_wrap=True)
    if half:
        table.add_column(f"{one.leading}\nn = {one.n // 2:,}", justify="right", no_wrap=True)
    for factor in one.ranked:
        cells = [_index(one.of(measure)[factor], scale) for measure in one.measures]
        if one.replicates > 1:
            cells.append((scale.number(one.of(one.leading)[factor].chance), ""))
        if half:
            cells.append((scale.number(half[factor].value), ""))
        name = _text(console, _dotted(factor) if broken else factor)
        table.add_row(name, *(_text(console, *cell) for cell in cells))
    return table


def _index(index: Index, scale: _Scale) -> tuple[str, str]:
    """An index with half its interval, marked where it is not told from 0; its style."""
    shown = f"{scale.number(index.value)} ±{scale.number(index.high - index.value)}"
    return (f"{shown} ", "bold") if index.told else (f"{shown}?", "dim")


def print_study(report: Report, console: Console) -> None:
    """Print what a study says: means and differences where they are few, then its findings.

    A table an outcome, a line a place and a column a style: the baseline's mean (standard
    deviation), the others' differences with half the width of their intervals.
    """
    _say(console, report.title, style="bold")
    console.print()
    n_lines = len(report.places) * len(report.figure.outcomes)
    if n_lines <= MANY_PLACES:
        for outcome in report.figure.outcomes:
            about = report.about[outcome]
            _say(console, f"{about.heading} [{about.unit}]" if about.unit else about.heading)
            for table in _study_tables(report, outcome, console):
                console.print(table)
                console.print()
        for note in _notes_on_study(report):
            _say(console, note, style="dim")
    else:
        _say(console, f"{n_lines:,} lines are too many to show here.", style="dim")
    console.print()
    for sentence in report.sentences():
        _say(console, sentence, style="bold" if sentence.startswith("Caution") else "")


def _study_tables(report: Report, outcome: str, console: Console) -> list[Table]:
    """The fewest tables that fit the width, the styles besides the baseline shared out evenly.

    Names of what varies are broken at their dots before styles are shared out.
    """
    others = [arm for arm in report.arms if arm != report.figure.baseline]
    for size in range(max(1, len(others)), 0, -1):
        parts = [others[k : k + size] for k in range(0, len(others), size)] or [[]]
        for broken in (False, True):
            tables = [_study_table(report, outcome, p, console, broken=broken) for p in parts]
            if _fits(tables, console):
                return tables
    return tables


def _fits(tables: Sequence[Table], console: Console) -> bool:
    """Whether tables need no more than the width of the console."""
    unbounded = console.options.update(width=10_000)
    return all(Measurement.get(console, unbounded, t).maximum <= console.width for t in tables)


def _dotted(name: str) -> str:
    """A name in lines that end with its dots."""
    return name.replace(".", ".\n")


def _study_table(
    report: Report, outcome: str, others: list[str], console: Console, *, broken: bool
) -> Table:
    """One outcome: a line a place, the baseline and some other styles."""
    base, about = report.figure.baseline, report.about[outcome]
    rows = {(r.place, r.style): r for r in report.rows if r.outcome == outcome}
    effects = {
        (c.place, c.effect.arm): c.effect for c in report.contrasts if c.effect.outcome == outcome
    }
    names = list(dict.fromkeys(name for place in report.places for name in place))
    table = _table(console)
    for name in names:
        table.add_column(_text(console, _dotted(name) if broken else name), overflow="fold")
    table.add_column(
        _text(console, f"{report.label(base)}\nmean (sd)"), justify="right", no_wrap=True
    )
    for arm in others:
        heading = _text(console, f"{report.label(arm)}\ndifference ")
        table.add_column(heading, justify="right", no_wrap=True)
    if not others:
        table.add_column(_text(console, f"{LEVEL}\ninterval"), justify="right", no_wrap=True)
    for place, values in enumerate(report.places):
        varied = [report.said(name, values.get(name, "")) for name in names]
        row, found = rows.get((place, base)), [effects.get((place, arm)) for arm in others]
        numbers = (row.mean, row.sd) if row else ()
        halves = [_half(effect) for effect in found if effect] or [
            row.high - row.mean if row else 0
        ]
        scale = _Scale.of(numbers, halves)
        told = [f"{scale.number(row.mean)} ({scale.number(row.sd)})" if row else "-"]
        if not others and row:
            told.append(_span(scale, row.low, row.high))
        differences = [_difference(e, about, scale) if e else ("- ", "") for e in found]
        table.add_row(
            *(_text(console, cell) for cell in (*varied, *told)),
            *(_text(console, *difference) for difference in differences),
        )
    return table


def _notes_on_study(report: Report) -> list[str]:
    """What the numbers of a study rest on and how to read them."""
    each, means, pairs = f"{report.each}s", report.n_means(), report.n_pairs()
    if not report.contrasts:
        return [f"n = {means} {each} each."]
    alike = report.wholly_paired()
    n = f"n = {pairs} {each} each" if alike else f"Differences: n = {pairs} pairs of {each}"
    base = report.label(report.figure.baseline)
    return [
        f"{n}, paired t; ±: simultaneous {LEVEL} intervals "
        f"(Bonferroni, {report.n_comparisons} comparisons).",
        *([] if alike else [f"Means of {base}: n = {means} {each}."]),
        f"▲ better, ▼ worse, ◆ different from {base}; unmarked: may be chance.",
    ]


def print_honesty(honesty: Honesty, console: Console) -> None:
    """Print the four verdicts first, then who wins where and which shifts pay, then the summary."""
    _say(console, honesty.question.text, style="bold")
    console.print()
    console.print(_judged(honesty, console))
    for title, table in (
        ("Where each style is most clearly the best, and the worst", _clearest(honesty, console)),
        ("Where each shift most clearly pays, and where it does not", _shifted(honesty, console)),
        ("The best and the worst style of each environment", _won(honesty, console)),
        ("What each shift adds to the surplus", _added(honesty, console)),
    ):
        console.print()
        _say(console, title, style="bold")
        console.print(table)
    console.print()
    for note in (
        f"n = {honesty.seeds} runs of each style and side of a shift, paired t; money a month.",
        f"Styles: {LEVEL} intervals of the differences from all others at once (Bonferroni); "
        "?: may be chance.",
        f"Shifts: {LEVEL} intervals; ▲ pays, ▼ does not; unmarked: may be chance.",
    ):
        _say(console, note, style="dim")
    if honesty.n_worlds:
        console.print()
        title = f"{honesty.n_worlds} worlds that nobody chose: who is best and worst, by the mean"
        _say(console, title, style="bold")
        console.print(_scattered(honesty, console))
    console.print()
    words = _text(console, honesty.summary(), "bold" if honesty.ok else "bold red")
    console.print(words, soft_wrap=True)
    if not honesty.full:
        caution = (
            "Below full size a condition fails only where these runs exclude it; what more runs "
            "may tell is undecided, which is no failure."
        )
        _say(console, caution, style="dim")


def _judged(honesty: Honesty, console: Console) -> Table:
    """The conditions, each with its verdict and what that rests on."""
    table = _table(console)
    for heading in ("", "verdict", "condition"):
        table.add_column(heading, overflow="fold")
    for found in honesty.verdicts:
        table.add_row(
            _text(console, f"({found.letter})"),
            _text(console, found.verdict, VERDICTS[found.verdict]),
            _text(console, found.says),
        )
        for line in found.evidence:
            table.add_row("", "", _text(console, line, "dim"))
    return table


def _clearest(honesty: Honesty, console: Console) -> Table:
    """The clearest place of each style as the best and as the worst, against its nearest rival."""
    table = _table(console)
    for heading in ("style", "is the", "on", "where", "against"):
        table.add_column(heading, overflow="fold")
    for heading in ("by", "95 % interval"):
        table.add_column(heading, justify="right", overflow="fold")
    for style in honesty.question.styles:
        for role in ROLES:
            place = honesty.clearest(style, role)
            cells = (
                style,
                place.role + ("" if place.sure else " ?"),
                _plain(place.outcome),
                place.environment,
                place.rival,
                *_difference_and_span(place),
            )
            table.add_row(*(_text(console, cell) for cell in cells))
    return table


def _shifted(honesty: Honesty, console: Console) -> Table:
    """The environments in which each shift most clearly pays, and does not."""
    table = _table(console)
    for heading in ("shift", "pays", "where"):
        table.add_column(heading, overflow="fold")
    for heading in ("before", "after", "by", "95 % interval"):
        table.add_column(heading, justify="right", overflow="fold")
    for shift in honesty.question.shifts:
        for sign, word in ((1, "yes"), (-1, "no")):
            step = honesty.clearest_step(shift, sign)
            scale = _Scale.of((step.before, step.after), ((step.high - step.low) / 2,))
            cells = (
                shift,
                word if step.sign == sign else f"{word} ?",
                step.environment,
                scale.number(step.before),
                scale.number(step.after),
                *_difference_and_span(step),
            )
            table.add_row(*(_text(console, cell) for cell in cells))
    return table


def _difference_and_span(found: Place | Step) -> tuple[str, str]:
    scale = _Scale.of((found.difference,), ((found.high - found.low) / 2,))
    return scale.number(found.difference, sign=True), _span(scale, found.low, found.high)


def _won(honesty: Honesty, console: Console) -> Table:
    """Environments by outcomes: the best style and the worst."""
    firsts: dict[tuple[str, str, str], list[str]] = {}
    for place in honesty.places:
        if place.first:
            name = place.style + ("" if place.sure else "?")
            firsts.setdefault((place.environment, place.outcome, place.role), []).append(name)
    table = _table(console)
    table.add_column("environment", overflow="fold")
    outcomes = list(dict.fromkeys(place.outcome for place in honesty.places))
    for outcome in outcomes:
        table.add_column(f"{_plain(outcome)}\nbest, worst", overflow="fold")
    for environment in honesty.environments:
        cells = [
            ", ".join("/".join(firsts.get((environment, outcome, role), ["-"])) for role in ROLES)
            for outcome in outcomes
        ]
        table.add_row(*(_text(console, cell) for cell in (environment, *cells)))
    return table


def _added(honesty: Honesty, console: Console) -> Table:
    """Environments by shifts: the difference of the surplus, marked where it is no chance."""
    steps = {(step.environment, step.shift): step for step in honesty.deciding}
    table = _table(console)
    table.add_column("environment", overflow="fold")
    for shift in honesty.question.shifts:
        heading = textwrap.fill(shift, SHIFT_WIDTH)
        table.add_column(_text(console, heading), justify="right", overflow="fold")
    for environment in honesty.environments:
        row = [steps[environment, shift] for shift in honesty.question.shifts]
        scale = _Scale.of([s.difference for s in row], [(s.high - s.low) / 2 for s in row])
        cells = [
            _text(console, scale.number(s.difference, sign=True) + mark, style)
            for s in row
            for mark, style in [SIGNS[s.sign]]
        ]
        table.add_row(_text(console, environment), *cells)
    return table


def _scattered(honesty: Honesty, console: Console) -> Table:
    """In how many drawn worlds each style is the best and the worst."""
    table = _table(console)
    table.add_column("style", overflow="fold")
    for kind in honesty.worlds:
        table.add_column(_plain(kind).replace(" on ", " on\n"), justify="right", overflow="fold")
    for style in honesty.question.styles:
        table.add_row(style, *(str(counts[style]) for counts in honesty.worlds.values()))
    return table


def _plain(name: str) -> str:
    """A name as words."""
    return name.replace("_", " ")


def _range(low: float, high: float) -> str:
    """A range that may be open at one end."""
    if math.isinf(low):
        return f"≤ {high:g}"
    if math.isinf(high):
        return f"≥ {low:g}"
    return f"{low:g} – {high:g}"


def _notes_on_patterns(findings: list[Finding], wide: bool) -> list[str]:
    """What the numbers rest on, and why others are missing."""
    most = max((found.n for found in findings), default=0)
    if most > 1:
        notes = [
            f"n = {most} runs, {LEVEL} t intervals. The mean decides; ?: the interval holds an end "
            "of the range."
        ]
        fewer = {found.number: found.n for found in findings if 0 < found.n < most}
        if fewer:
            used = ", ".join(f"{n} runs for {number}" for number, n in fewer.items())
            notes.append(f"Not known in every run; used: {used}.")
    else:
        notes = ["One community or run: there is no interval."]
    missing: dict[str, list[str]] = {}
    for found in findings:
        if found.reason:
            missing.setdefault(found.reason, []).append(str(found.number))
    notes += [
        f"Not measured, {', '.join(dict.fromkeys(numbers))}: {reason}."
        for reason, numbers in missing.items()
    ]
    if not wide:
        sources = {found.number: found.source for found in findings}
        notes.append("; ".join(f"{number} {source}" for number, source in sources.items()) + ".")
    return notes


def _blocks(
    comparison: Comparison, effects: dict[str, list[Effect]], base: str, console: Console
) -> list[Table]:
    """The fewest tables that fit the width, the other styles shared out evenly."""
    others = [arm for arm in comparison.arms if arm != base]
    unbounded = console.options.update(width=10_000)
    least, most = LABEL_WIDTHS
    for n_blocks in range(1, max(2, len(others) + 1)):
        size = max(1, math.ceil(len(others) / n_blocks))
        parts = [others[k : k + size] for k in range(0, len(others), size)] or [others]
        tables = [_block(comparison, effects, base, part, console, least) for part in parts]
        needed = max(Measurement.get(console, unbounded, table).maximum for table in tables)
        if needed <= console.width:
            break
    label_width = min(most, least + max(0, console.width - needed))
    return [_block(comparison, effects, base, part, console, label_width) for part in parts]


def _block(
    comparison: Comparison,
    effects: dict[str, list[Effect]],
    base: str,
    others: list[str],
    console: Console,
    label_width: int,
) -> Table:
    table = _table(console)
    table.add_column(width=label_width)
    table.add_column(_text(console, f"{base}\nmean (sd)"), justify="right", no_wrap=True)
    for arm in others:
        table.add_column(_text(console, f"{arm}\ndifference "), justify="right", no_wrap=True)
    for name, row in effects.items():
        about = comparison.about[name]
        mean = comparison.means(name)[comparison.arm(base)]
        halves = [_half(effect) for effect in row]
        differences = [effect.difference for effect in row]
        scale = _Scale.of([mean.mean, mean.sd, *differences], halves, POWERS)
        cells = [
            _text(console, *_difference(effect, about, scale))
            for effect in row
            if effect.arm in others
        ]
        table.add_row(
            _text(console, _label(about, scale.power, label_width)),
            _text(console, f"{scale.number(mean.mean)} ({scale.number(mean.sd)})"),
            *cells,
        )
    return table


def _label(about: Outcome, power: int, width: int) -> str:
    """Title and unit in lines of this width, the unit in one piece."""
    unit = " ".join(filter(None, [POWERS[power], about.unit]))
    label = f"{about.heading} [{unit.replace(' ', HARD_SPACE)}]" if unit else about.heading
    return textwrap.fill(label, width).replace(HARD_SPACE, " ")


def _difference(effect: Effect, about: Outcome, scale: _Scale) -> tuple[str, str]:
    """A difference with half its interval and a mark where it is more than chance; its style."""
    if not math.isfinite(effect.difference):
        return "- ", ""
    shown = scale.number(effect.difference, sign=True)
    if math.isfinite(effect.low):
        shown += f" ±{scale.number(_half(effect))}"
    if not effect.differs:
        return f"{shown} ", ""
    good = effect.difference * about.better
    mark, style = ("▲", "bold green") if good > 0 else ("▼", "bold red") if good else ("◆", "bold")
    return shown + mark, style


def _notes(comparison: Comparison, effects: dict[str, list[Effect]], base: str) -> list[str]:
    """What the numbers rest on and how to read them."""
    every = [effect for row in effects.values() for effect in row]
    if not every or comparison.n_runs < 2:
        return [f"Runs a style: {comparison.n_runs}."]
    first = every[0]
    notes = [
        f"n = {comparison.n_runs} runs a style, {first.method}; ±: simultaneous "
        f"{100 * first.level:g} % intervals (Bonferroni, {first.n_comparisons} comparisons).",
        f"▲ better, ▼ worse, ◆ different from {base}; unmarked: may be chance.",
    ]
    for name, row in effects.items():
        fewer = [f"{e.arm} {e.n}" for e in row if min(e.n, e.n_baseline) < comparison.n_runs]
        if fewer:
            title = comparison.about[name].heading
            notes.append(f"{title} is not known in every run; used: {', '.join(fewer)}.")
    return notes


def _cautions(comparison: Comparison, effects: dict[str, list[Effect]]) -> list[str]:
    cautions = []
    if comparison.n_runs < 2:
        cautions.append("Caution: one run of each style tells no difference from chance.")
    elif comparison.n_runs < FEW_RUNS and any(effects.values()):
        cautions.append(
            f"Caution: n = {comparison.n_runs} is small; the intervals lean on the runs being "
            "spread about normally. Take 30 runs or more."
        )
    if comparison.interrupted:
        cautions.append("Interrupted: these are a part of the runs that were planned.")
    return cautions


def _half(effect: Effect) -> float:
    return (effect.high - effect.low) / 2


@dataclass(frozen=True)
class _Scale:
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


def _table(console: Console) -> Table:
    box = PLAIN_HEAD if console.options.ascii_only else SIMPLE_HEAD
    return Table(box=box, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)


def _text(console: Console, words: str, style: str = "") -> Text:
    """Words that this console can encode; names are never read as markup."""
    if console.options.ascii_only:
        words = words.translate(PLAIN)
    encoding = console.encoding
    return Text(words.encode(encoding, "backslashreplace").decode(encoding), style=style)


def _say(console: Console, words: str, style: str = "") -> None:
    console.print(_text(console, words, style))
