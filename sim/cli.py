"""The command `cocreate`: one command is one call of the API."""

import json as jsons
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import cyclopts
from cyclopts import App, Parameter, Token

import sim
from sim.errors import UserError, unknown

if TYPE_CHECKING:
    from rich.console import Console

    from sim.replication import Replication
    from sim.scenario import Scenario

WELCOME = """\
cocreate simulates ecosystems of co-creation and compares ways of managing them.

  cocreate list                          what there is: styles, scenarios, outcomes
  cocreate run open_source               one run of a world
  cocreate compare open_source           which way of managing works there, and how sure that is

Every command explains itself: cocreate COMMAND --help"""


def whole(kind: type, tokens: Sequence[Token]) -> int:
    """Reads a whole number; 1.5 is none, and is not rounded."""
    try:
        return int(tokens[0].value)
    except ValueError:
        raise ValueError(f"{tokens[0].value!r} is no whole number.") from None


app = App(
    name="cocreate",
    version=sim.__version__,
    help=WELCOME.split("\n\n")[0],
    suppress_keyboard_interrupt=False,
)
Flag = Parameter(negative="")
Whole = Annotated[int, Parameter(converter=whole)]
Set = Annotated[
    list[str] | None,
    Parameter("--set", negative="", help="Change a value: --set population.people=500."),
]
Plugin = Annotated[
    list[Path] | None,
    Parameter(negative="", help="A Python file with a style or a metric of your own."),
]
Json = Annotated[bool, Parameter("--json", negative="", help="Print JSON for machines.")]
Out = Annotated[Path | None, Parameter(help="A new folder for the results.")]


def main() -> None:
    """Runs the command line: exit 0 done, 1 the work failed, 2 the user's mistake, 130 Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    if sys.stderr is not None and sys.stderr.isatty():
        logging.basicConfig(format="%(message)s")
        logging.getLogger("sim").setLevel(logging.INFO)
    sys.exit(call(sys.argv[1:]))


def call(words: list[str]) -> int:
    """Runs one command and returns its exit code; a traceback is shown on request only."""
    try:
        if words and not words[0].startswith("-") and words[0] not in app:
            raise unknown("command", words[0], [name for name in app if name[0] != "-"])
        code = app(
            words,
            console=terminal(),
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
        print(end="", flush=True)
    except cyclopts.CycloptsError as mistake:
        command = "".join(f" {word}" for word in words[:1] if word in app)
        return complain(f"{mistake} See: cocreate{command} --help", 2)
    except UserError as mistake:
        return complain(str(mistake), 2)
    except KeyboardInterrupt:
        return complain("interrupted; nothing was written", 130)
    except BrokenPipeError:  # whoever reads the output, such as head, has enough
        discard_output()
        return 0
    except ImportError as broken:
        return complain(f"the installed packages do not fit together: {broken}", 1)
    except OSError as problem:
        if problem.filename is None:
            discard_output()
        return complain(f"{problem.filename or 'the output'}: {problem.strerror}", 1)
    except (Exception, SystemExit) as failure:  # a style or metric may call sys.exit
        if os.environ.get("COCREATE_TRACEBACK"):
            raise
        from sim.study import told

        hint = "" if isinstance(failure, sim.RunError) else "\nCOCREATE_TRACEBACK=1 shows the way"
        return complain(told(failure) + hint, 1)
    return code or 0


def discard_output() -> None:
    """Sends what is still to be printed nowhere, so that Python does not fail at its exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(what: str, code: int) -> int:
    """Says on standard error what went wrong."""
    print("\n".join(f"cocreate: {line}" for line in what.splitlines()), file=sys.stderr)
    return code


@app.default
def welcome() -> None:
    """Says what this is, and the next three commands."""
    print(WELCOME)


@app.command
def run(
    scenario: str,
    /,
    *,
    style: str = "",
    seed: Whole = 1,
    replicate: Whole = 0,
    events: Annotated[bool, Flag] = False,
    out: Out = None,
    set: Set = None,
    plugin: Plugin = None,
    json: Json = False,
) -> None:
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
    """
    from sim.metrics import measure
    from sim.progress import shown
    from sim.store import new_folder, save_run
    from sim.study import arms

    plug(plugin)
    world = sim.load(scenario, set or ())
    chosen = named(style)
    if chosen:
        arms(world, [chosen])
    simulation = sim.Simulation(world, chosen, seed=seed, rep=replicate, events=events)
    with new_folder(out) as folder:
        with shown("Running", "steps") as report:
            while not simulation.done:
                simulation.advance(world.time.review)
                report(simulation.step, world.time.steps)
        result = simulation.result()
        files = save_run(result, folder) if folder else []
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
        return
    from sim.listings import print_outcomes

    console = terminal()
    print_outcomes(outcomes, sim.METRICS, console)
    for name, fact in facts.items():
        print(f"{name}: {', '.join(fact) if isinstance(fact, list) else fact}")
    for file in files:
        print(f"written: {file}")


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
    from sim.plots import save
    from sim.plots.comparison import comparison as draw
    from sim.progress import shown
    from sim.store import new_folder, save_comparison, write_text
    from sim.study import arms
    from sim.terminal import print_comparison

    plug(plugin)
    world = sim.load(scenario, set or ())
    chosen = [named(style) or style for style in styles] or None
    names = arms(world, chosen)
    if baseline and baseline not in names:
        raise UserError(f"The baseline must be one of {', '.join(names)}, but is {baseline!r}")
    wanted = [name.strip() for name in outcomes.split(",") if name.strip()]
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
    from sim.progress import shown
    from sim.replication import settings, with_parameters
    from sim.store import new_folder
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
    from sim.honesty import QUICK_SEEDS, check_honesty
    from sim.plots import save
    from sim.plots.honesty import honesty as draw
    from sim.progress import shown
    from sim.store import new_folder, write_text
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
def check(*scenarios: str, set: Set = None, json: Json = False) -> None:
    """Check scenarios, and print every effective value, its unit and where it comes from.

    Example: `cocreate check my_world.toml`

    Parameters
    ----------
    scenarios
        Shipped scenarios by name, or TOML files.
    """
    from sim.listings import print_values
    from sim.reading import read
    from sim.reference import effective

    if not scenarios:
        raise UserError("name a scenario to check, such as: cocreate check open_source")
    rows, wrong = {}, []
    for name in scenarios:
        try:
            rows[name] = effective(*read(name, set or ()))
        except UserError as mistake:
            wrong.append(str(mistake))
    if wrong:
        raise UserError("\n".join(wrong))
    if json:
        say_json({name: [vars(row) for row in table] for name, table in rows.items()})
        return
    for name, table in rows.items():
        print_values(name, table, terminal())


@app.command(name="list")
def list_(kind: str = "", /, *, plugin: Plugin = None, json: Json = False) -> None:
    """List styles, scenarios, motives, metrics, plots, classics, patterns, events or series.

    Example: `cocreate list styles`

    Parameters
    ----------
    kind
        One of these kinds; by default the names of all.
    """
    from sim.listings import print_listing
    from sim.reference import KINDS

    plug(plugin)
    if kind and kind not in KINDS:
        raise unknown("kind", kind, KINDS)
    found = {name: KINDS[name]() for name in ([kind] if kind else KINDS)}
    if json:
        say_json(found[kind] if kind else {name: [*members] for name, members in found.items()})
    elif kind:
        print_listing(found[kind], terminal())
    else:
        print_listing({name: ", ".join(members) for name, members in found.items()}, terminal())


@app.command
def new(kind: str, name: str, /) -> None:
    """Write a style or a scenario to start from, into the present folder.

    Example: `cocreate new style my_way`

    Parameters
    ----------
    kind
        style or scenario.
    name
        Its name, in small letters with underscores.
    """
    from sim.reference import template

    path, text = template(kind, name)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UserError(f"{path}: is there already; choose another name") from None
    print(f"written: {path}")


@app.command
def anchor(log: Path, /, *, json: Json = False) -> None:
    """Measure the event log of a real community, and print what a scenario needs of it.

    Example: `cocreate anchor events.csv.gz`

    Parameters
    ----------
    log
        CSV or JSON lines with contributor, date and kind.
    """
    read = sim.read_log(log)
    found = sim.anchor(read)
    if json:
        facts = {"log": found.log, "sha256": found.sha256, "notes": read.notes}
        say_json(facts | {"parameters": found.parameters(), "patterns": dict(found.patterns)})
    else:
        print(*(f"# {note}" for note in read.notes), found.toml(), sep="\n", end="")


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
    from sim.patterns import measure, measure_history, measure_log, read_results, summary
    from sim.progress import shown
    from sim.reading import shipped
    from sim.store import new_folder, provenance, write_text

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


@app.command
def cite(scenario: str = "", /) -> None:
    """Print the sources that a world stands on.

    Example: `cocreate cite open_source`

    Parameters
    ----------
    scenario
        A scenario; without one, the sources of the model alone.
    """
    from sim.reference import sources

    for line in sources(sim.load(scenario) if scenario else None):
        print(line)


def plug(files: list[Path] | None) -> None:
    """Takes in a user's own files."""
    from sim.registry import plug_in

    for file in files or ():
        plug_in(file, sim.STYLES, sim.METRICS)


def named(style: str) -> str | None:
    """Returns the name of a style given by name or by its Python file; None for none."""
    if style.endswith(".py"):
        from sim.registry import plug_in

        return plug_in(style, sim.STYLES)
    return style or None


def terminal() -> "Console":
    """Returns the console that tables are printed on; names are never read as markup."""
    from rich.console import Console

    class Terminal(Console):
        def on_broken_pipe(self) -> None:
            raise  # to `call`, instead of leaving the program

    return Terminal(highlight=False, markup=False, emoji=False)


def say_json(value: Any) -> None:
    """Prints JSON in ASCII, which every locale can; what is not a finite number becomes null."""
    from sim.analysis.comparison import json_safe

    print(jsons.dumps(json_safe(value), indent=1))
