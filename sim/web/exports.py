"""What can be taken away from a session: its table, its scenario, the Python lines of its runs."""

import csv
from collections.abc import Mapping
from datetime import date, datetime, time
from io import StringIO
from pathlib import Path
from typing import Any

from sim import listings
from sim.core.motives import MOTIVES
from sim.reading import as_table
from sim.web.series import SERIES
from sim.web.session import Session, Snapshot
from sim.web.settings import Column, Move, Settings, in_study, is_own, ready


def series_csv(session: Session) -> str:
    """Returns a row a column and step: the series of the charts, then all that is recorded.

    The latter as `sim.store.series_table` has it, a column "company.field" each. Numbers are
    written so that they are read back as the same bits.
    """
    taken = session.snapshot()
    companies = [company.name for company in taken.scenario.companies]
    fields = taken.records.dtype.names
    motives = [f"effort_{motive}" for motive in MOTIVES]
    head = [
        "column", "style", "step", *(series.name for series in SERIES),
        *(f"{name}.{field}" for name in companies for field in (*fields, *motives)),
    ]  # fmt: skip
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    for number, column in enumerate(taken.settings.columns):
        columns = [taken.series[number, :, n].tolist() for n in range(len(SERIES))]
        for c in range(len(companies)):
            columns += [taken.records[field][number, :, c].tolist() for field in fields]
            columns += [taken.drive[number, :, c, m].tolist() for m in range(len(MOTIVES))]
        for step, row in enumerate(zip(*columns, strict=True)):
            writer.writerow((number, column.label, step, *row))
    return text.getvalue()


def scenario_toml(session: Session) -> str:
    """Returns the scenario of a session as a file that `sim.load` reads."""
    taken = session.snapshot()
    scenario = taken.scenario
    table = as_table(scenario) | {"origin": scenario.origin}  # whose dates stay dates
    if scenario.ties.file:
        table["ties"]["file"] = Path(scenario.ties.file).name
    lines = [*_heading(taken)]
    if scenario.ties.file:
        lines.append("# The file of ties must lie beside this one.")
    lines += [f"{key} = {_toml(value)}" for key, value in table.items() if isinstance(value, str)]
    for key, value in table.items():
        if isinstance(value, dict):
            lines += _section(f"[{key}]", value)
        elif not isinstance(value, str):
            for part in value:
                lines += _section(f"[[{key}]]", part)
    return "\n".join(lines) + "\n"


def python_lines(session: Session) -> str:
    """Returns a program that makes the runs of a session up to where they are."""
    taken = session.snapshot()
    settings, step = taken.settings, taken.step
    moves = [
        f"    ({move.step}, {move.column}, {move.lever!r}, {move.value!r}),"
        for move in settings.moves
        if move.step <= step
    ]
    return "\n".join(
        [
            *_heading(taken),
            "import sim",
            f"from sim.web.runs import {'begin, hold' if moves else 'begin'}",
            "from sim.web.settings import Column",
            "",
            f"world = {_world(settings)}",
            "columns = [",
            *(f"    {_column(column)}," for column in settings.columns),
            "]",
            *(
                ["moves = [  # after which step, column, lever, value", *moves, "]"]
                if moves
                else []
            ),
            "",
            f"runs = begin(world, columns, {_draws(settings)})",
            *(MOVING if moves else []),
            "for run in runs:",
            f"    run.advance({step} - run.step)",
            "",
            "results = [run.result() for run in runs]",
            "for column, result in zip(columns, results, strict=True):",
            '    print(column.label, result["active"][-1], result.fingerprint())',
            "",
        ]
    )


MOVING = (
    "for step, column, lever, value in moves:",
    "    runs[column].advance(step - runs[column].step)",
    "    hold(runs[column], {lever: value})",
)


def _world(settings: Settings) -> str:
    """Returns the Python that loads the scenario of a session."""
    if is_own(settings.scenario) or in_study(settings.scenario):
        return 'sim.load("scenario.toml")  # as the lab gives it'
    loaded = f"sim.load({settings.scenario!r})"
    if settings.people == ready(settings.scenario).population.people:
        return loaded
    return f'sim.change({loaded}, population={{"people": {settings.people}}})'


def _column(column: Column) -> str:
    """Returns the Python that makes a column: its style, levers held, and options if any."""
    return f"Column({', '.join(map(repr, column.table()))})"


def _draws(settings: Settings) -> str:
    """Returns what a run of a session is drawn with, as arguments."""
    place = in_study(settings.scenario)
    rep = f", rep={place.rep}" if place and place.rep else ""
    return f"seed={settings.seed}{rep}"


def _heading(taken: Snapshot) -> list[str]:
    """Returns in words, as comments, what the session shows."""
    settings = taken.settings
    columns = [f"{n} {_words(column)}" for n, column in enumerate(settings.columns)]
    return [
        f"# The lab's {settings.scenario!r} with {settings.people} people, seed {settings.seed},",
        f"# up to step {taken.step}; columns: {'; '.join(columns)}.",
        *(
            f"# After step {move.step}, column {move.column}: {move.lever} {_held(move)}."
            for move in settings.moves
            if move.step <= taken.step
        ),
        "",
    ]


def _held(move: Move) -> str:
    return "let go" if move.value is None else repr(move.value)


def _words(column: Column) -> str:
    held = ", ".join(f"{lever} {value!r}" for lever, value in column.levers.items())
    return f"{column.label} ({held})" if held else column.label


def _section(heading: str, values: Mapping[str, Any]) -> list[str]:
    return ["", heading, *(f"{_key(key)} = {_toml(value)}" for key, value in values.items())]


def _toml(value: Any) -> str:
    """Returns any value of TOML as it is written there, a table on one line."""
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"{_key(key)} = {_toml(v)}" for key, v in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case date() | datetime() | time():
            return value.isoformat()
    return listings.toml(value)


def _key(key: str) -> str:
    return key if key.isidentifier() and key.isascii() else listings.toml(key)
