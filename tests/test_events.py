"""Logs are read exactly as written, or refused with the place and the remedy."""

import gzip
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import UserError
from sim.events import from_simulation, read_log
from sim.measures import first_acceptance
from sim.scenario import Effort, Population, Scenario, Time
from sim.simulation import EVENT_DTYPE, EVENT_NAMES
from sim.simulation import run as sim_run

HEADER = "contributor,date,kind,affiliation\n"
AWKWARD = ["1582218195625938945", "1582218195625938944", "NA", "null", "None", "007", "7"]


@pytest.fixture
def log_of(tmp_path):
    """Write a file and read it as a log."""

    def read(content, name="log.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_log(path)

    return read


def refusal(log_of, content, name="log.csv"):
    with pytest.raises(UserError) as caught:
        log_of(content, name)
    return str(caught.value)


# Ids


def test_q25_ids__of_csv_are_never_altered_or_merged(log_of):
    rows = "".join(f"{name},2024-01-02,authored,\n" for name in [*AWKWARD, ""])
    log = log_of(HEADER + rows)
    assert log.people == tuple(AWKWARD)
    assert log.person.tolist() == list(range(7))
    assert log.excluded["no contributor"] == 1
    assert any("no contributor" in note for note in log.notes)


def test_q25_ids__of_json_lines_are_never_altered_or_merged(log_of):
    written = [1582218195625938945, 1582218195625938944, *AWKWARD[2:], "", None]
    lines = (
        json.dumps({"kind": "authored", "date": "2024-01-02", "contributor": name})
        for name in written
    )
    log = log_of("\n".join(lines), "log.jsonl")
    assert log.people == tuple(AWKWARD)
    assert log.excluded["no contributor"] == 2


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_ids__of_any_text_survive_in_json_lines(tmp_path_factory, names):
    path = tmp_path_factory.mktemp("log") / "log.jsonl"
    lines = (
        json.dumps(
            {"contributor": name, "date": "2024-01-02", "kind": "merged"}, ensure_ascii=False
        )
        for name in names
    )
    path.write_text("\n".join(lines), encoding="utf-8", newline="")
    log = read_log(path)
    assert [log.people[i] for i in log.person] == names


def test_ids__may_hold_spaces_quotes_and_lines(log_of):
    rows = ('" a ""b"",\r\nc"', " a ", "a")
    log = log_of(HEADER + "".join(f"{name},2024-01-02,authored,\n" for name in rows))
    assert log.people == (' a "b",\r\nc', " a ", "a")


# Encodings and forms


def test_q40_byte_order_mark_and_line_ends__do_not_matter(log_of):
    rows = HEADER + "Łódź – 協働,2024-01-02,authored,personal\nx,2024-01-03,merged,\n"
    plain = log_of(rows)
    assert plain.people[0] == "Łódź – 協働"
    for variant in (
        b"\xef\xbb\xbf" + rows.replace("\n", "\r\n").encode(),
        rows.replace("\n", "\r").encode(),
        rows.strip().encode(),
        gzip.compress(rows.encode()),
    ):
        log = log_of(variant)
        assert log.people == plain.people
        assert log.day.tolist() == plain.day.tolist()
        assert log.kind.tolist() == ["authored", "merged"]
        assert log.affiliation.tolist() == ["personal", "unknown"]


def test_gzip__of_several_members_is_read_to_the_end(log_of):
    parts = HEADER, "a,2024-01-02,authored,\n", "b,2024-01-02,authored,\n"
    log = log_of(b"".join(gzip.compress(part.encode()) for part in parts), "log.csv.gz")
    assert log.people == ("a", "b")


def test_q40_latin_byte__is_refused_with_its_position(log_of):
    message = refusal(log_of, HEADER.encode() + b"Jos\xe9,2024-01-02,authored,\n")
    assert "log.csv, line 2" in message
    assert "0xE9 at position 37" in message


def test_columns__come_in_any_order_and_others_are_named(log_of):
    log = log_of("kind,files,date,contributor\nmerged,3,2024-01-02,a\n")
    assert log.people == ("a",)
    assert log.kind.tolist() == ["merged"]
    assert log.affiliation.tolist() == ["unknown"]
    assert log.notes == ("The column 'files' is not read.",)


def test_days__are_counted_from_1970_and_sorted(log_of):
    log = log_of(HEADER + "b,1970-01-03,merged,\na,1970-01-01,merged,\nc,1970-01-01,merged,\n")
    assert log.day.tolist() == [0, 0, 2]
    assert [log.people[i] for i in log.person] == ["a", "c", "b"]
    assert (str(log.first_day), str(log.last_day)) == ("1970-01-01", "1970-01-03")
    assert log.notes == ("The events were not in order of date; they are now.",)


# Refusals


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"", ["log.csv", "is empty"]),
        (HEADER, ["log.csv", "no events"]),
        ("contributer,date,kind\n", ["line 1", "'contributor' is missing", "'contributer'"]),
        ("a,2024-01-02,authored\n", ["line 1", "'contributor' is missing"]),
        ("contributor,date,date,kind\n", ["line 1", "'date' is there twice"]),
        (HEADER + "a,2024-01-02,authord,\n", ["line 2", "'authord'", "'authored'?", "Allowed"]),
        (HEADER + "a,2024-01-02,merged,compny\n", ["line 2", "'compny'", "'company'?"]),
        (HEADER + "\na,2024-02-30,merged,\n", ["line 3", "'2024-02-30'", "2024-03-31"]),
        (HEADER + "a,20240203,merged,\n", ["line 2", "'20240203'", "year-month-day"]),
        (HEADER + "a,,merged,\n", ["line 2", "date must be", "''"]),
        (HEADER + "a,2024-01-02,merged\n", ["line 2", "has 3 fields", "4 columns"]),
        (HEADER + 'a,2024-01-02,"merged', ["line 2", "not CSV"]),
        (HEADER + ",2024-01-02,merged,\n", ["no events with a contributor"]),
        (b"\x1f\x8b\x08broken", ["log.csv", "gzip file is damaged"]),
        ('{"contributor": "a"\n', ["line 1", "not JSON"]),
        ('{"contributor": "a", "contributor": "b"}', ["line 1", "'contributor' is there twice"]),
        ('{"contributor": "a", "date": "2024-01-02"}', ["line 1", "'kind' is missing"]),
        ('{"contributor": 7.0, "date": "2024-01-02", "kind": "merged"}', ["must be text", "7.0"]),
        ('{"contributor": false, "date": "2024-01-02", "kind": "merged"}', ["must be text"]),
        ('{"contributor": "\\ud800", "date": "2024-01-02", "kind": "merged"}', ["must be text"]),
        ('{"contributor": ' + "[" * 100_000, ["line 1", "not JSON"]),
    ],
)
def test_refusal__names_file_place_value_and_remedy(log_of, content, parts):
    message = refusal(log_of, content)
    for part in ["log.csv", *parts]:
        assert part in message
    assert "\n" not in message


def test_missing_file__is_refused_with_the_nearest_name(tmp_path):
    (tmp_path / "events.csv").touch()
    with pytest.raises(UserError, match=r"There is no file .*; did you mean 'events\.csv'\?"):
        read_log(tmp_path / "event.csv")
    with pytest.raises(UserError, match="cannot be read"):
        read_log(tmp_path)


# Bots and activity


def test_q21_bots__are_left_out_and_counted(log_of):
    people = {"A. Rivera": 3, "arivera": 2, "A Rivera": 1, "Kim": 2, "helper[bot]": 20}
    log = log_of(HEADER + "".join(f"{who},2024-01-02,authored,\n" * n for who, n in people.items()))
    counts, _, _ = log.activity().spells()
    assert counts.tolist() == [3, 2, 1, 2]
    assert log.excluded["bot"] == 20
    assert log.notes == ("20 events left out of all patterns: bot.",)


def test_bots__are_told_by_affiliation_or_pseudonym(log_of):
    rows = "p000001,2024-01-02,authored\nb000002,2024-01-02,authored\n"
    assert log_of("contributor,date,kind\n" + rows).bot.tolist() == [False, True]
    # Barbara is nobody's bot.
    named = log_of("contributor,date,kind\nbarbara,2024-01-02,authored\nKim,2024-01-02,authored\n")
    assert not named.bot.any()
    told = log_of(HEADER + "x,2024-01-02,authored,bot\nbarbara,2024-01-02,authored,personal\n")
    assert told.bot.tolist() == [True, False]


def test_activity__counts_authored_events_and_decided_proposals(log_of):
    rows = [
        "a,2024-01-01,merged",
        "a,2024-01-02,authored",
        "b,2024-01-02,proposal_unmerged",
        "a,2024-01-05,authored",
        "b,2024-01-07,proposal_accepted",
        "a,2024-01-09,proposal_pending",
    ]
    activity = log_of("contributor,date,kind\n" + "\n".join(rows)).activity()
    assert activity.end - activity.start == 9
    assert (activity.time - activity.start).tolist() == [1, 4]
    assert activity.person.tolist() == [0, 0]
    assert activity.proposer.tolist() == [1, 1]
    assert activity.accepted.tolist() == [False, True]
    assert activity.silence == 90


def simulated(rows):
    columns = ("step", "person", "company", "event", "value")
    return dict(zip(columns, zip(*rows, strict=True), strict=True))


ROWS = [
    (1, 3, 0, "join", 1.0),
    (3, 3, 0, "submit", 2.0),
    (2, 5, 1, "submit", 1.0),
    (4, 3, 0, "reject", 1.0),
    (3, 3, 0, "accept", 1.0),
    (4, 3, 0, "paid", 0.37),
]


def test_simulation__is_seen_as_a_log_is():
    activity = from_simulation(simulated(ROWS), steps=4)
    assert activity.person.tolist() == [5, 3, 3]
    assert activity.time.tolist() == [2, 3, 3]
    assert activity.accepted.tolist() == [True, False]
    assert (activity.start, activity.end, activity.month, activity.silence) == (1, 5, 1, 3)
    counts, first, last = activity.spells()
    assert (counts.tolist(), first.tolist(), last.tolist()) == ([2, 1], [3, 2], [3, 2])
    assert from_simulation(simulated(ROWS), steps=4, company=1).person.tolist() == [5]
    assert from_simulation(simulated(ROWS), steps=4, months_per_step=0.25).month == 4


def test_simulation__log_of_a_run_gives_the_same_with_numbers_for_events():
    names = [(*row[:3], EVENT_NAMES.index(row[3]), row[4]) for row in ROWS]
    activity = from_simulation(np.array(names, EVENT_DTYPE), steps=4)
    assert activity.time.tolist() == [2, 3, 3]
    assert activity.accepted.tolist() == [True, False]


def test_simulation__order_within_a_step_favours_neither_verdict():
    # Fixed draw; each of 400 people has one accepted and one rejected in the same step.
    rows = [(1, who, 0, what, 1.0) for what in ("accept", "reject") for who in range(400)]
    activity = from_simulation(simulated(rows), steps=1)
    assert 0.4 < first_acceptance(activity.proposer, activity.accepted) < 0.6
    again = from_simulation(simulated(rows), steps=1)
    assert again.accepted.tolist() == activity.accepted.tolist()


def test_simulation__of_a_real_run_is_read_in_full():
    scenario = Scenario(
        title="small",
        population=Population(people=60),
        time=Time(steps=12),
        effort=Effort(effort_cost=-0.8),  # few people are hardly an audience
    )
    run = sim_run(scenario, "commons", events=True)
    activity = from_simulation(run.log, steps=run.end)
    counts, _, _ = activity.spells()
    assert counts.sum() == run.every_step("submitted").sum() > 0


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((1, 1, 0, "sumbit", 1.0), "did you mean 'submit'"),
        ((0, 1, 0, "submit", 1.0), r"Steps must lie in \[1, 4\]"),
        ((5, 1, 0, "submit", 1.0), r"Steps must lie in \[1, 4\]"),
        ((1, 1, 0, "submit", 0.5), "number of contributions"),
        ((1, 1, 0, "submit", np.nan), "number of contributions"),
    ],
)
def test_simulation__with_impossible_rows_is_refused(row, reason):
    with pytest.raises(UserError, match=reason):
        from_simulation(simulated([row]), steps=4)
