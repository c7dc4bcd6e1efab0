"""The shipped worlds: they load, run, say where they come from, and are what their logs say."""

import os
import tomllib
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.reading import change, load, parse, scenario_folder, shipped

ROOT = Path(__file__).parents[1]
NAMES = [
    "civic_co_creation",
    "crowd_contest",
    "default",
    "knowledge_commons",
    "maker_platform",
    "mixed_market",
    "open_source",
    "sharing_platform",
]
ANCHORED = {
    "open_source": "prometheus.csv.gz",
    "knowledge_commons": "tldr.csv.gz",
    "maker_platform": "klipper.csv.gz",
}
DATA = Path(os.environ.get("COCREATE_DATA", ROOT.parent / "shared" / "data"))


def test_shipped__are_these():
    assert shipped() == NAMES
    assert {name for name in NAMES if "real" in load(name).origin} == set(ANCHORED)


@pytest.mark.parametrize("name", NAMES)
def test_scenario__says_what_it_is_and_where_it_comes_from(name):
    world = load(name)
    assert world.title
    assert len(world.about) > 60
    assert any(character.isdigit() for character in world.source)
    text = (scenario_folder() / f"{name}.toml").read_text("utf-8")
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("name", NAMES)
def test_scenario__runs(name):
    world = change(load(name), time={"steps": 12})
    run = sim.run(world)
    assert run.end == 12
    assert run["members"][0] > 0
    assert run["submitted"].sum() > 0
    assert np.isfinite([run[series] for series in run.companies.dtype.names]).all()
    assert run.fingerprint() == sim.run(world).fingerprint()
    assert run.fingerprint() != sim.run(world, seed=2).fingerprint()


@pytest.mark.parametrize("name", ANCHORED)
def test_anchored_scenario__holds_what_its_log_says(name):
    log = DATA / "communities" / ANCHORED[name]
    if not log.is_file():
        pytest.skip(f"{log.name} is not here; COCREATE_DATA names the folder of the logs")
    told = tomllib.loads(sim.anchor(sim.read_log(log)).toml())
    stated = parse(scenario_folder() / f"{name}.toml")
    for table, values in told.items():
        if table != "origin":
            for key, value in values.items():
                assert stated[table][key] == value, f"{table}.{key}"
    assert stated["origin"] == told["origin"]
