"""Published models and patterns run again, and whether a style wins by construction."""

import json as jsons
from pathlib import Path
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
from sim.cli.worlds import list_
from sim.errors import UserError

if TYPE_CHECKING:
    from sim.replication import Replication


@app.command
def replicate(
    *names: str,
    all: Annotated[bool, Flag] = False,
    quick: Annotated[bool, Flag] = False,
    runs: Whole | None = None,
    seed: Whole = 1,
    set: Annotated[
        list[str] | None,
        Parameter("--set", negative="", help="Change a parameter: --set sizes=3,5,9 or 3..9."),
    ] = None,
    cores: Whole | None = None,
    out: Out = None,
    json: Json = False,
) -> int:
    """Run published models again, and print what was published beside what comes out.

    Example: `cocreate replicate boudreau --quick`

    Parameters
    ----------
    names
        Published models; without any, they are listed.
    all
        All of them.
    quick
        Fewer runs, to see soon whether something is wrong.
    runs
        Runs of each model; by default as many as the published numbers need.
    seed
        Base seed; replicates 0, 1, ... are drawn under it.
    cores
        Threads; by default as many as the cores that may be used.
    """
    from sim.classics import CLASSICS
    from sim.files import new_folder
    from sim.progress import shown
    from sim.replication import settings, with_parameters
    from sim.terminal import print_replication

    if not names and not all:
        if quick or runs is not None or set or out:
            raise UserError("name a published model, such as boudreau, or say --all")
        list_("classics", json=json)
        return 0
    if names and all:
        raise UserError("--all runs all published models: leave the names out")
    parameters = settings(set or ())
    chosen = dict.fromkeys(names or CLASSICS)
    if parameters and len(chosen) > 1:
        raise UserError("--set changes the parameters of one published model: name one alone")
    models = {name: with_parameters(name, parameters) for name in chosen}
    done: list[Replication] = []
    files: list[Path] = []
    failed = interrupted = False
    with new_folder(out) as folder:
        for name, model in models.items():
            try:
                with shown(f"Replicating {name}", "runs") as report:
                    found = sim.replicate(
                        model, runs=runs, quick=quick, seed=seed, cores=cores, progress=report
                    )
            except sim.RunError as failure:  # which must not cost the other models
                failed = bool(complain(str(failure), 1))
                continue
            except KeyboardInterrupt:
                if not done:
                    raise
                interrupted = True
                break
            done.append(found)
            if folder:
                files += write_replication(found, folder)
            if not json:
                print_replication(found, terminal())
                print()
            if interrupted := found.interrupted:
                break
    if json:
        facts = {"replications": [found.to_dict() for found in done]}
        say_json(facts | {"files": [str(file) for file in files]})
    else:
        if len(done) > 1:
            print(*(found.summary() for found in done), sep="\n")
        for file in files:
            print(f"written: {file}")
    if interrupted:
        return 130
    return int(failed or any(not found.ok for found in done))


def write_replication(found: "Replication", folder: Path) -> list[Path]:
    """Writes the cells as CSV, everything as JSON, and the figure; returns the files."""
    from sim.plots import save
    from sim.plots.replication import replication as draw
    from sim.store import write_text

    return [
        write_text(folder / f"{found.name}.csv", found.to_csv()),
        write_text(folder / f"{found.name}.json", jsons.dumps(found.to_dict(), indent=1)),
        save(draw(found), folder / f"{found.name}.png"),
    ]


@app.command
def honesty(
    file: Path | None = None,
    /,
    *,
    quick: Annotated[bool, Flag] = False,
    seeds: Whole | None = None,
    seed: Whole = 1,
    cores: Whole | None = None,
    out: Out = None,
    json: Json = False,
) -> int:
    """Test that no way of managing wins by construction, and that every one has its place.

    Example: `cocreate honesty --quick`

    Parameters
    ----------
    file
        A TOML file with environments and shifts; by default the one that comes with cocreate.
    quick
        Ten runs of each style, and no worlds that nobody chose: a first look, in minutes.
    seeds
        Runs of each style in each environment; by default as many as the file says.
    seed
        Base seed; replicates 0, 1, ... are drawn under it.
    cores
        Threads; by default as many as the cores that may be used.
    """
    from sim.files import new_folder
    from sim.honesty import QUICK_SEEDS, check_honesty
    from sim.plots import save
    from sim.plots.honesty import honesty as draw
    from sim.progress import shown
    from sim.store import write_text
    from sim.terminal import print_honesty

    runs = QUICK_SEEDS if quick and seeds is None else seeds
    files: list[Path] = []
    with new_folder(out) as folder:
        with shown("Testing", "runs") as report:
            found = check_honesty(
                file,
                seeds=runs,
                seed=seed,
                worlds=0 if quick else None,
                cores=cores,
                progress=report,
            )
        facts = found.to_dict()
        if folder:
            files.append(found.save_runs(folder))
            files.append(write_text(folder / "honesty.json", jsons.dumps(facts, indent=1)))
            files.append(save(draw(found), folder / "honesty.png"))
    if json:
        say_json(facts | {"files": [str(file) for file in files]})
    else:
        print_honesty(found, terminal())
        for path in files:
            print(f"written: {path}")
    return 130 if found.interrupted else int(not found.ok)


@app.command
def patterns(
    world: str = "default",
    /,
    *,
    style: str = "",
    seeds: Whole | None = None,
    seed: Whole | None = None,
    cores: Whole | None = None,
    out: Out = None,
    set: Set = None,
    plugin: Plugin = None,
    json: Json = False,
) -> None:
    """Measure the patterns that communities show, in a world or in a real community's log.

    Example: `cocreate patterns maker_platform --seeds 4`

    Parameters
    ----------
    world
        A shipped scenario by name, a TOML file, results of `run --events --out`, or the event log
        of a real community; by default the world with every parameter at its default.
    style
        How the company is managed; by default as the scenario says. A name, or a Python file.
    seeds
        Runs of each world and experiment; by default 20.
    seed
        Base seed, by default 1; replicates 0, 1, ... are drawn under it.
    cores
        Threads; by default as many as the cores that may be used.
    """
    from sim.analysis.comparison import json_safe
    from sim.files import new_folder
    from sim.patterns import measure, measure_history, measure_log, read_results, summary
    from sim.progress import shown
    from sim.reading import shipped
    from sim.store import provenance, write_text

    plug(plugin)
    path = Path(world)
    stored = path.exists() or bool(path.suffix)
    simulated = world in shipped() or path.suffix == ".toml" or not stored
    given: dict[str, Any] = {"style": style or None, "seeds": seeds, "seed": seed, "cores": cores}
    for option, value in (given | {"set": set, "plugin": plugin}).items():
        if value is not None and not simulated:
            raise UserError(f"--{option} means nothing for {world}: it is measured as it is")
    facts: dict[str, Any]
    with new_folder(out) as folder:
        if simulated:
            scenario, chosen = sim.load(world, set or ()), named(style)
            runs = {"seeds": 20 if seeds is None else seeds, "seed": 1 if seed is None else seed}
            of = chosen or ", ".join(one.style or scenario.style for one in scenario.companies)
            facts = runs | provenance(scenario, of, runs["seed"], None)
            with shown("Measuring patterns", "runs") as report:
                found = measure(scenario, chosen, **runs, cores=cores, progress=report)
        elif path.is_dir():
            history, about = read_results(path)
            facts = {"results": path.name} | about
            found = measure_history(history)
        else:
            log = sim.read_log(path)
            facts = {"log": log.name, "sha256": log.sha256, "notes": log.notes}
            found = measure_log(log)
        facts |= {"patterns": [vars(finding) for finding in found], "summary": summary(found)}
        text = jsons.dumps(json_safe(facts), indent=1)
        files = [write_text(folder / "patterns.json", text)] if folder else []
    if json:
        say_json(facts | {"files": [str(file) for file in files]})
        return
    from sim.terminal import print_patterns

    for note in facts.get("notes", ()):
        print(note)
    print_patterns(found, summary(found), terminal())
    for file in files:
        print(f"written: {file}")
