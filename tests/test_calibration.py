"""Patterns of real logs are the published ones, and a comparison judges them as it says."""

import csv
import math
import os
import tomllib
from pathlib import Path

import pytest

from sim.calibration import HALF_WIDTH, PRINTED, anchor, patterns, side_by_side
from sim.errors import UserError
from sim.events import from_simulation, read_log

DATA = Path(
    os.environ.get("COCREATE_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data"
)
NAMES = (
    "alaveteli",
    "klipper",
    "meilisearch",
    "melpa",
    "openscad",
    "osm-carto",
    "prometheus",
    "tldr",
)
PUBLISHED = {
    "people": "contributors",
    "arrivals": "arrivals_per_month",
    "monthly_active": "mac_mean",
    "newcomer_share": "newcomer_share_of_mac",
    "retention_1": "ret_life_1m",
    "retention_3": "ret_life_3m",
    "retention_12": "ret_life_12m",
    "return_share": "return_share",
    "one_event_share": "one_event_share",
    "gini": "gini",
    "top_1_share": "top1pct",
    "top_10_share": "top10pct",
    "yearly_truck_factor": "bus50_year_median",
    "first_acceptance": "acceptance_first",
    "acceptance": "acceptance",
    "acceptance_after_5": "acceptance_after5",
}

needs_logs = pytest.mark.skipif(
    not (DATA / "patterns.csv").is_file(),
    reason="the logs of real communities are not here; name their folder in COCREATE_DATA",
)

SMALL = """contributor,date,kind
a,2023-01-01,authored
a,2023-01-01,proposal_accepted
b,2023-01-20,authored
b,2023-01-20,proposal_unmerged
a,2023-02-15,authored
a,2023-12-31,merged
"""


@pytest.fixture
def small(tmp_path):
    path = tmp_path / 'small "log".csv'
    path.write_text(SMALL, encoding="utf-8")
    return read_log(path)


@needs_logs
@pytest.mark.parametrize("name", NAMES)
def test_patterns__of_a_real_log_are_the_published_ones(name):
    with (DATA / "patterns.csv").open(encoding="utf-8", newline="") as table:
        published = next(row for row in csv.DictReader(table) if row["slug"] == name)
    log = read_log(DATA / "communities" / f"{name}.csv.gz")
    activity = log.activity()
    found = patterns(activity)

    assert activity.person.size == float(published["events"])
    assert str(log.first_day) == published["start"]
    for ours, theirs in PUBLISHED.items():
        assert found[ours] == pytest.approx(float(published[theirs]), abs=6e-5), ours
    assert found["tail_exponent"] == pytest.approx(float(published["pl_alpha"]), abs=0.0051)
    # Published with ties at the edge of the core broken in the order of the original ids.
    assert found["core_turnover"] == pytest.approx(float(published["core_turnover"]), abs=0.05)


def test_patterns__of_a_small_log_are_as_worked_out_by_hand(small):
    found = anchor(small).patterns
    assert anchor(small).months == 11
    assert found["people"] == 2
    assert found["arrivals"] == 2 / 11
    assert found["monthly_active"] == 3 / 11
    assert found["contributions_per_active"] == 1
    assert found["newcomer_share"] == 2 / 3
    assert found["retention_1"] == 0.5
    assert found["first_acceptance"] == 0.5
    assert math.isnan(found["retention_12"])  # nobody was watched for so long
    assert math.isnan(found["tail_exponent"])


def test_patterns__of_a_run_carry_the_same_names_as_those_of_a_log(small):
    events = {
        "step": [1, 2, 2],
        "person": [4, 4, 6],
        "company": [0, 0, 0],
        "event": ["submit", "submit", "submit"],
        "value": [1, 1, 1],
    }
    found = patterns(from_simulation(events, steps=11))
    assert list(found) == list(anchor(small).patterns)
    assert found["retention_1"] == 0.5
    assert found["monthly_active"] == 3 / 11


def test_anchor__prints_a_table_of_origin_without_the_unknown(small):
    text = anchor(small).toml()
    origin = tomllib.loads(text)["origin"]
    assert text.startswith("# Computed by: cocreate anchor 'small \"log\".csv'\n")
    assert origin["log"] == 'small "log".csv'
    assert origin["span"] == "2023-01-01 to 2023-12-31"
    assert len(origin["sha256"]) == 64
    assert origin["real"]["arrivals"] == 0.1818
    assert list(origin["real"]) == [name for name in PRINTED if name != "retention_12"]


def test_anchor__needs_contributions_of_people(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("contributor,date,kind\nx[bot],2023-01-01,authored\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"log\.csv: there are no contributions"):
        anchor(read_log(path))


@pytest.mark.parametrize(
    ("runs", "verdict"),
    [
        ([0.89], "match"),
        ([0.71], "match"),
        ([0.70, 0.70, 0.99], "too low"),
        ([0.90, 0.90, 0.10], "too high"),
        ([math.nan, 0.80], "match"),
        ([math.nan], "not measured"),
        ([], "not measured"),
    ],
)
def test_side_by_side__judges_the_median_by_the_half_width(runs, verdict):
    (row,) = side_by_side({"gini": 0.8}, {"gini": runs, "something else": [1.0]})
    assert row.half_width == HALF_WIDTH["gini"] == 0.09
    assert row.verdict == verdict


def test_side_by_side__gives_the_middle_nine_tenths_of_the_runs():
    (row,) = side_by_side({"truck_factor": 3.0}, {"truck_factor": list(range(101))})
    assert (row.low, row.simulated, row.high) == (5, 50, 95)
    assert row.verdict == "not judged"
    (row,) = side_by_side({"gini": 0.8}, {})
    assert row.verdict == "not measured"
