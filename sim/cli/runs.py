"""One run, and styles side by side in one world."""

import json as jsons
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

import sim
from sim.cli._common import (
    Flag,
    Json,
    Out,
    Plugin,
    Set,
    Whole,
    app,
    complain,
    named,
    plug,
    say_json,
    terminal,
)
from sim.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

    from sim.scenario import Scenario

BIG = 50_000
"""So many people are worth several threads."""

STRETCH = 5_000_000
"""People times steps, at most, between two words on progress: about a second."""


@app.command
def run(
    scenario: str,
    /,
    *,
    style: str = "",
    seed: Whole = 1,
    replicate: Whole = 0,
    events: Annotated[bool, Flag] = False,
    people_every: Whole | None = None,
    fields: str | None = None,
    threads: Whole | None = None,
    out: Out = None,
    set: Set = None,
    plugin: Plugin = None,
    json: Json = False,
) -> int:
    """Run a world once and print its outcomes and its fingerprint.

    Example: `cocreate run open_source --style commons --seed 1`

    Parameters
    ----------
    scenario
        A shipped scenario by name, or a TOML file.
    style
        How the company is managed; by default as the scenario says. A name, or a Python file.
    seed
        Seed of the world and its people, 0 or more.
    replicate
        Number of the replicate under that seed.
    events
        Record the event log; with --out it is written too.
    people_every
        Write the people to --out while the run goes on: at the start, at the end, and every so
        many steps.
    fields
        What to write of each of them, with commas between; any columns of people.parquet.
    threads
        Threads; by default 1, or with 50,000 people as many as the cores that may be used. The
        numbers are the same.
    """
    from sim.files import new_folder
    from sim.metrics import measure
    from sim.progress import shown
    from sim.study import arms, usable_cores

    plug(plugin)
    world = sim.load(scenario, set or ())
    chosen = named(style)
    if chosen:
        arms(world, [chosen])
    if people_every is not None and out is None:
        raise UserError("--people-every writes a file; name a folder for it with --out")
    if fields is not None and people_every is None:
        raise UserError("--fields says what --people-every writes; give both")
    n_people = world.population.people
    if threads is None:
        threads = usable_cores() if n_people >= BIG else 1
    simulation = sim.Simulation(
        world, chosen, seed=seed, rep=replicate, events=events, threads=threads
    )
    stretch = min(world.time.review, max(1, STRETCH // n_people))
    going: Any = nullcontext(simulation)
    with new_folder(out) as folder:
        files = []
        if folder and people_every is not None:
            from sim.recording import USUAL, record_people

            files.append(folder / "people_by_step.parquet")
            wanted = USUAL if fields is None else listed(fields)
            going = record_people(simulation, files[0], people_every, wanted)
        try:
            with shown("Running", "steps") as report, going as run:
                while not simulation.done:
                    run.advance(stretch)
                    report(simulation.step, world.time.steps)
            result = simulation.result(copy=False)
            if folder:
                from sim.store import save_run

                files = save_run(result, folder) + files
        except KeyboardInterrupt:
            if not files:
                raise
            return complain(f"interrupted; the people until then are in {files[0]}", 130)
    outcomes = measure(result)
    facts: dict[str, Any] = {
        "scenario": world.title,
        "styles": list(result.styles),
        "seed": seed,
        "replicate": replicate,
        "steps": result.end,
        "fingerprint": result.fingerprint(),
    }
    if json:
        say_json(facts | {"outcomes": outcomes, "files": [str(file) for file in files]})
        return 0
    from sim.listings import print_outcomes

    console = terminal()
    print_outcomes(outcomes, sim.METRICS, console)
    for name, fact in facts.items():
        print(f"{name}: {', '.join(fact) if isinstance(fact, list) else fact}")
    for file in files:
        print(f"written: {file}")
    return 0


@app.command
def compare(
    scenario: str,
    /,
    *styles: str,
    seeds: Whole = 40,
    seed: Whole = 1,
    baseline: str = "",
    outcomes: Annotated[str, Parameter(help="Names of outcomes, with commas between.")] = "",
    x: str = "cost",
    y: str = "value_created",
    cores: Whole | None = None,
    out: Out = None,
    set: Set = None,
    plugin: Plugin = None,
    json: Json = False,
) -> int:
    """Compare ways of managing in one world, under common random numbers.

    Example: `cocreate compare open_source directive commons steward --seeds 200`

    Parameters
    ----------
    scenario
        A shipped scenario by name, or a TOML file.
    styles
        Names of styles or Python files; by default all that do not move. The first is the baseline.
    seeds
        Runs of each style.
    seed
        Base seed; replicates 0, 1, ... are drawn under it.
    baseline
        The style that the others are compared with.
    x
        Outcome across the frontier of the figure.
    y
        Outcome up the frontier of the figure.
    cores
        Threads; by default as many as the cores that may be used.
    """
    from sim.analysis.comparison import json_safe
    from sim.files import new_folder
    from sim.plots import save
    from sim.plots.comparison import comparison as draw
    from sim.progress import shown
    from sim.store import save_comparison, write_text
    from sim.study import arms
    from sim.terminal import print_comparison

    plug(plugin)
    world = sim.load(scenario, set or ())
    chosen = [named(style) or style for style in styles] or None
    names = arms(world, chosen)
    if baseline and baseline not in names:
        raise UserError(f"The baseline must be one of {', '.join(names)}, but is {baseline!r}")
    wanted = listed(outcomes)
    for name in (x, y, *wanted):
        sim.METRICS[name]
    files = []
    with new_folder(out) as folder:
        with shown("Comparing", "runs") as report:
            table = sim.compare(
                world,
                chosen,
                seeds=seeds,
                seed=seed,
                cores=cores,
                progress=report,
            )
        if folder:
            files.append(save_comparison(table, world, folder))
        rows = [] if table.interrupted else beside(world, min(seeds, 20), seed)
        facts = table.to_dict(baseline or None) | {"real_community": [vars(row) for row in rows]}
        if folder:
            text = jsons.dumps(json_safe(facts), indent=1)
            files.append(write_text(folder / "comparison.json", text))
            figure = draw(table, x=x, y=y, names=wanted or None)
            files.append(save(figure, folder / "comparison.png"))
    if json:
        say_json(facts | {"files": [str(file) for file in files]})
    else:
        print_comparison(table, terminal(), baseline or None, wanted or None)
        print_beside(world, rows, terminal())
        for file in files:
            print(f"written: {file}")
    return 130 if table.interrupted else 0


def listed(names: str) -> list[str]:
    """Returns names that have commas between them."""
    return [name.strip() for name in names.split(",") if name.strip()]


def beside(world: "Scenario", seeds: int, seed: int) -> list[Any]:
    """Returns the patterns of the real community that a world is anchored in beside its own."""
    if "real" not in world.origin:
        return []
    from sim.calibration import side_by_side, simulated_patterns
    from sim.progress import shown

    try:
        with shown("Measuring patterns", "runs") as report:
            patterns = simulated_patterns(world, seeds, seed, report)
    except KeyboardInterrupt:  # must not cost the comparison, which is done
        complain("interrupted; the real community is left out", 130)
        return []
    return side_by_side(world.origin["real"], patterns)


def print_beside(world: "Scenario", rows: list[Any], console: "Console") -> None:
    """Prints a real community beside its simulated world, matching or not."""
    if not rows:
        return
    from sim.terminal import print_side_by_side

    console.print()
    console.print(
        f"The real community ({world.origin['log']}, {world.origin['span']}) beside this world "
        f"under {world.style}; what was fitted to it, the scenario's source says:",
        style="bold",
    )
    print_side_by_side(rows, console)
