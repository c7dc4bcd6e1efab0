"""Reads experiment files, and refuses whatever is wrong in them before anything runs."""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sim.core.state import COMPANY
from sim.design.arms import OWN, Arm, read_arms
from sim.design.draft import Draft
from sim.design.experiment import Experiment
from sim.design.figure import read_figure
from sim.design.files import Layer, extended, find, layers, merge, set_layer
from sim.design.limits import read_limits, read_precise, read_seeds
from sim.design.parameters import LEVER, OPTION, short, with_values
from sim.design.plan import Plan, located, try_points
from sim.design.sources import sources_of
from sim.design.tables import STYLE, Listed, open_table
from sim.design.varying import WHOLE, Varying, check_once
from sim.design.words import unknown
from sim.errors import UserError
from sim.metrics import METRICS
from sim.reading import TABLES, as_table, build, change, read
from sim.scenario import Scenario
from sim.styles import constant_styles

KEYS = {
    "question": "what is asked, a text",
    "expected": "how long it takes, a text",
    "answer": "what came out, a text",
    "extends": "another experiment file, which this one changes",
    "scenario": "a shipped scenario by name, or a TOML file",
    "styles": "names of styles, or tables with a name and options",
    "seed": "base seed",
    "seeds": "replicates: runs of each style at each point",
    "outcomes": "names of outcomes; left out: all",
    "series": "names of series to keep, or true for all",
    "events": "whether to keep the event logs",
    "fixed": "values that are not the scenario's",
    "vary": "what varies, each value with each",
    "sample": "points that a method places",
    "table": "points that are listed",
    "precise": "replicate until an interval is narrow",
    "limits": "limits on time, memory and failures",
    "figure": "what its figure shows",
}
"""The keys of an experiment file and what they mean."""

TEXTS = ("question", "expected", "answer")
RECORDED = ("scenario_name", "sources")
"""What a resolved experiment has besides."""

LARGEST_SEED = 2**128
MOST_RUNS = 10**10


def read_experiment(
    path: str | Path | Mapping[str, Any], sets: Iterable[str] = (), folder: str | Path = ""
) -> Experiment:
    """Returns the experiment of a file, or of a table whose names of files start at `folder`.

    `sets` are changes as `--set` gives them: of a key of the experiment (seeds=10), or of a value
    that is then fixed (population.people=500). A UserError lists everything that is wrong: file,
    key, value, what is allowed and the nearest right spelling. No file that is read is executed:
    styles and metrics of one's own are plugged in before.
    """
    if isinstance(path, Mapping):
        table = dict(path)
        if isinstance(world := table.get("scenario"), Scenario):
            table["scenario"] = as_table(world)
        parts = list(extended(Layer(table, "the experiment", Path(folder))))
    else:
        parts = list(layers(find(path)))
    file = parts[-1].origin
    parts += [set_layer(setting, KEYS) for setting in sets]
    draft = Draft(file, *merge(parts))
    experiment = _experiment(draft)
    if not draft.lines and "sources" not in draft.table:
        draft.wrong("", try_points(Plan(experiment)))
    if draft.lines:
        raise UserError("\n".join(draft.lines))
    return experiment


def _experiment(draft: Draft) -> Experiment:
    """Returns the experiment of a draft, which means nothing where something is wrong with it."""
    _check_keys(draft)
    scenario, name = _read_scenario(draft)
    listed = _open_table(draft)
    arms = _read_arms(draft, scenario, listed)
    seed = draft.whole("seed", draft.table.get("seed", 1), 0, LARGEST_SEED, 1)
    varying = Varying(draft, scenario, arms)
    fixed = varying.fixed()
    axes = [*varying.factors(), *varying.sample(seed), *(varying.listed(listed) if listed else ())]
    check_once(draft, listed)
    outcomes = draft.names("outcomes", "outcome", METRICS)
    every = [column.name for column in COMPANY]
    series = draft.names("series", "series", every) if draft.table.get("series") else ()
    events = draft.table.get("events", False)
    if not isinstance(events, bool):
        draft.wrong("events", f"events must be true or false, but is {events!r}")
    precise = read_precise(draft, arms, outcomes)
    if precise and _names_styles(listed):
        said = "precise compares styles at the same points, but the table names one at each of them"
        draft.wrong("precise", said)
    seeds = read_seeds(draft, precise)
    limits = read_limits(draft)
    n_arms = 1 if _names_styles(listed) else len(arms)
    n_runs = math.prod(len(axis) for axis in axes) * n_arms * seeds
    if n_runs > MOST_RUNS:
        draft.wrong("", f"these are {n_runs:,} runs; a study has at most {MOST_RUNS:,}")
    sources: dict[str, dict[str, str]] = {}
    if not draft.lines:
        values = {key: value for key, value in fixed.items() if key not in WHOLE}
        scenario = with_values(scenario, located(values, draft.files))
        sources = sources_of(scenario, arms, outcomes, draft.files)
        _check_sources(draft, sources)
    market = OWN in arms
    figure = read_figure(
        draft,
        axes,
        varying.parameters,
        [c.name for c in scenario.companies] if market else [arm.label for arm in arms],
        outcomes,
        precise.outcome if precise else None,
        market=market,
    )
    return Experiment(
        file=draft.file,
        texts={key: draft.table[key] for key in TEXTS if key in draft.table},
        scenario=scenario,
        scenario_name=name,
        arms=arms,
        axes=tuple(axes),
        parameters=varying.parameters,
        seed=seed,
        seeds=seeds,
        outcomes=outcomes,
        series=series,
        events=events,
        fixed=fixed,
        levers=short(LEVER, fixed),
        options=short(OPTION, fixed),
        written=draft.written,
        precise=precise,
        limits=limits,
        figure=figure,
        files=draft.files,
        sources=sources,
        origins=draft.origins,
        notes=tuple(draft.notes),
    )


def _check_keys(draft: Draft) -> None:
    """Refuses keys that an experiment does not have, and texts that are none."""
    recorded = RECORDED if isinstance(draft.table.get("scenario"), Mapping) else ()
    for key, value in draft.table.items():
        if key in TEXTS and not isinstance(value, str):
            draft.wrong(key, f"{key} must be a text, but is {value!r}")
        elif key in KEYS or key in recorded:
            continue
        elif key in (*TABLES, *WHOLE, "motives"):
            draft.wrong(key, f"{key} is the scenario's: it belongs in [fixed] or [vary]")
        else:
            draft.wrong(key, unknown("key of an experiment", key, KEYS))


def _read_scenario(draft: Draft) -> tuple[Scenario, str]:
    """Returns the scenario, with the lists that are fixed as a whole, and its name."""
    given = draft.table.get("scenario")
    none = Scenario("-"), "-"
    if not isinstance(given, str | Mapping):
        example = 'scenario must be a name or a file, such as scenario = "open_source"'
        draft.wrong("scenario", example + ("" if given is None else f", but is {given!r}"))
        return none
    try:
        if isinstance(given, str):
            scenario, origins = read(given)
            name = Path(given).stem
            draft.origins |= {f"scenario.{key}": origin for key, origin in origins.items()}
        else:
            scenario = build(_with_path(given, draft.files), "scenario")
            name = str(draft.table.get("scenario_name", scenario.title))
        if scenario.ties.file:
            path = Path(scenario.ties.file)
            if draft.files.setdefault(path.name, path).resolve() != path.resolve():
                raise UserError(f"two files are called {path.name!r}; rename one")
        fixed = draft.table.get("fixed")
        lists = {key: fixed[key] for key in WHOLE if isinstance(fixed, dict) and key in fixed}
        return change(scenario, **lists) if lists else scenario, name
    except UserError as problem:
        draft.wrong("scenario", str(problem).replace("change(): ", "[fixed] "))
        return none


def _with_path(scenario: Mapping[str, Any], files: Mapping[str, Path]) -> Mapping[str, Any]:
    """Returns the table of a scenario with the path of its data file in place of the name."""
    ties = scenario.get("ties")
    name = ties.get("file") if isinstance(ties, Mapping) else None
    if not isinstance(ties, Mapping) or not isinstance(name, str) or name not in files:
        return scenario
    return {**scenario, "ties": {**ties, "file": str(files[name])}}


def _open_table(draft: Draft) -> Listed | None:
    """Returns the listed points before their values are read."""
    if "table" not in draft.table:
        return None
    try:
        return open_table(draft.table["table"])
    except UserError as problem:
        draft.wrong("table", problem, "[table] ")
        return None


def _names_styles(listed: Listed | None) -> bool:
    """Returns whether a table names the style of each of its points."""
    return listed is not None and STYLE in listed.columns


def _read_arms(draft: Draft, scenario: Scenario, listed: Listed | None) -> tuple[Arm, ...]:
    """Returns the arms: those named, those of the table, or all styles that never move."""
    given = draft.table.get("styles")
    if all(company.style for company in scenario.companies):
        if given is not None or _names_styles(listed):
            every = f"every company of {scenario.title!r} has a style of its own"
            draft.wrong("styles", f"{every}: leave styles out")
        return (OWN,)
    if listed is not None and _names_styles(listed):
        if given is not None:
            draft.wrong("styles", "the table names the style of each point: leave styles out")
        column = listed.columns.index(STYLE)
        named = dict.fromkeys(str(row[column]) for row in listed.rows)
        return tuple(Arm(name, name, {}) for name in named)
    wrong: list[str] = []
    arms = read_arms(constant_styles() if given is None else given, wrong)
    draft.wrong("styles", wrong)
    draft.written["styles"] = [arm.written() for arm in arms]
    return arms


def _check_sources(draft: Draft, now: Mapping[str, Mapping[str, str]]) -> None:
    """Refuses a resolved experiment whose styles, metrics or data have changed since."""
    for kind, digests in draft.table.get("sources", {}).items():
        for name, digest in digests.items():
            if now.get(kind, {}).get(name) != digest:
                draft.wrong("sources", f"the {kind} {name!r} is not the one of the study")
