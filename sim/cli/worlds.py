"""What there is, what a scenario holds, and how to begin one of your own."""

from pathlib import Path

import sim
from sim.cli._common import Json, Plugin, Set, app, plug, say_json, terminal
from sim.errors import UserError, unknown


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
    """List styles, scenarios, experiments, motives, metrics, plots, classics, patterns and more.

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
