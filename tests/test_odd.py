"""The ODD protocol and TRACE say what the code says: names, order, tables, tests."""

import ast
import re
from itertools import chain
from pathlib import Path

import pytest

from sim.analysis.patterns import PATTERNS
from sim.classics import CLASSICS
from sim.core.motives import MOTIVES
from sim.core.random import Stream
from sim.core.state import BLOCK, COMPANY, FACE, LOT, OFFER, PERSON, PROBLEM, TALLY, TYPE, WORLD
from sim.core.step import TURNS
from sim.errors import UserError
from sim.reference import BLOCKS, fill, filled
from sim.scenario import Scenario, constants

ROOT = Path(__file__).parents[1]
CORE = ROOT / "sim" / "core"
ODD = (ROOT / "docs" / "odd.md").read_text("utf-8")
TRACE = (ROOT / "docs" / "trace.md").read_text("utf-8")
MODEL = (ROOT / "docs" / "model.md").read_text("utf-8")
WRITTEN = re.sub(r"<!-- generated.*?<!-- end -->", "", ODD, flags=re.DOTALL)
"""The protocol without its tables."""


def parsed(path):
    return ast.parse(path.read_text("utf-8"))


def functions(path):
    return {node.name for node in parsed(path).body if isinstance(node, ast.FunctionDef)}


def calls(node):
    """The names of the functions called within a piece of code, in the order of the lines."""
    found = [n for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    return [n.func.id for n in sorted(found, key=lambda n: (n.lineno, n.col_offset))]


def turns_of_a_step():
    """The functions that `advance` calls in each turn: the branches of its loop."""
    (advance,) = (n for n in parsed(CORE / "step.py").body if isinstance(n, ast.FunctionDef))
    (turns,) = (n for n in advance.body if isinstance(n, ast.For))
    branch = [n for n in turns.body if isinstance(n, ast.If) and n.orelse]
    found = []
    while len(branch) == 1 and isinstance(branch[0], ast.If):
        found.append([line.value.func.id for line in branch[0].body])
        branch = branch[0].orelse
    return [*found, [line.value.func.id for line in branch]]


RULES = {path.stem: functions(path) for path in sorted((CORE / "rules").glob("[a-z]*.py"))}
FILE_OF = {name: file for file, names in RULES.items() for name in names}
STEP = turns_of_a_step()


LOOPS = ast.For, ast.While


def loops_of(turn):
    """What a turn of the people calls in each of its loops over people, one list a loop."""
    (function,) = (n for n in parsed(CORE / "turns.py").body if getattr(n, "name", "") == turn)
    loops = [n for n in ast.walk(function) if isinstance(n, LOOPS)]
    innermost = [n for n in loops if not any(isinstance(m, LOOPS) for m in list(ast.walk(n))[1:])]
    rules = [
        [name for name in calls(loop) if name in FILE_OF]
        for loop in sorted(innermost, key=lambda n: n.lineno)
    ]
    return [names for names in rules if names]


PEOPLE = {turn: loops_of(turn) for (turn,) in STEP[1::2]}


def submodels():
    """The files of rules, in the order in which companies first turn to them, or else people."""
    called = [
        (turn % 2, turn, place, FILE_OF[name])
        for turn, names in enumerate(STEP)
        for place, name in enumerate(chain(*PEOPLE[names[0]]) if turn % 2 else names)
        if name in FILE_OF
    ]
    first = {}
    for _, *when, file in sorted(called):
        first.setdefault(file, when)
    return sorted(first, key=first.__getitem__)


SUBMODELS = submodels()
NAMES = {
    "me": {field.name for field in PERSON},
    "kind": {field.name for field in TYPE},
    "face": {field.name for field in FACE},
    "company": {field.name for field in COMPANY},
    "offer": {field.name for field in OFFER} | set(MOTIVES),
    "tally": {field.name for field in TALLY},
    "task": {field.name for field in PROBLEM},
    "world": {field.name for field in WORLD},
    "par": set(constants(Scenario("any")).dtype.names),
    "Stream": {stream.name for stream in Stream},
}


def test_order__of_a_step_is_found():
    assert len(STEP) == TURNS
    assert STEP[0] == ["turn_world", "follow_policy", "make_offers"]
    assert STEP[-1] == ["be_seen"]
    assert PEOPLE["submit"] == [["distance", "experience"], ["screen"]]
    assert PEOPLE["be_seen"] == [["show_face"]]
    assert len(FILE_OF) == sum(map(len, RULES.values()))  # no two rules of one name
    assert set(SUBMODELS) == set(RULES)


OVERVIEW = ODD.split("## 3 ")[1].split("## 4 ")[0]
TURNS_TOLD, LOOPS_TOLD = (text.strip("\n").splitlines() for text in OVERVIEW.split("```")[1::2])


def test_overview__tells_the_turns_of_a_step():
    told = []
    for line in TURNS_TOLD:
        number, who, name = line[:2].strip(), line[4:15].strip(), line[15:].split()[0]
        if number:
            assert int(number) == len(told)
            assert who == ("companies", "people")[len(told) % 2]
            told.append([])
        told[-1].append(name)
    assert told == STEP


def test_overview__tells_the_turns_of_people_loop_by_loop():
    told, name = {}, ""
    for line in LOOPS_TOLD:
        name = line[:17].strip() or name
        told.setdefault(name, []).append(line[17:].split("  ")[0].split(", "))
    assert told == PEOPLE


def test_submodels__are_the_files_of_rules_in_the_order_of_a_step():
    assert re.findall(r"^### `(\w+)`$", ODD, re.MULTILINE) == SUBMODELS
    assert re.findall(r"^\| `(\w+)` \|", TRACE, re.MULTILINE)[: len(SUBMODELS)] == SUBMODELS


def test_model__tells_the_submodels_in_the_order_of_a_step():
    assert re.findall(r"^\| `(\w+)` \|", MODEL, re.MULTILINE) == SUBMODELS


@pytest.mark.parametrize("name", RULES)
def test_submodel__names_every_rule_of_its_file(name):
    sections = re.split(r"^### `(\w+)`$", ODD, flags=re.MULTILINE)
    (text,) = (
        section
        for heading, section in zip(sections[1::2], sections[2::2], strict=True)
        if heading == name
    )
    missing = {rule for rule in RULES[name] if f"`{rule}`" not in text}
    assert not missing


def test_blocks_and_lots__are_of_the_size_told():
    assert f"blocks of {BLOCK:,}," in ODD
    assert f"lots of {LOT}." in ODD
    assert BLOCK % LOT == 0


@pytest.mark.parametrize("symbol", NAMES)
def test_symbols__are_those_of_the_code(symbol):
    said = set(re.findall(rf"\b{symbol}\.(\w+)", ODD))
    assert said
    assert said <= NAMES[symbol]


def test_parameters__that_the_core_reads_stand_in_the_equations():
    sources = "".join(path.read_text("utf-8") for path in sorted(CORE.rglob("*.py")))
    read = set(re.findall(r"\bpar\.(\w+)", sources))
    assert len(read) > 100
    assert read - set(re.findall(r"\bpar\.(\w+)", WRITTEN)) == set()


@pytest.mark.parametrize("symbol", ["me", "kind", "company", "offer", "tally", "task", "world"])
def test_state__is_told_besides_its_table(symbol):
    assert NAMES[symbol] - set(re.findall(rf"\b{symbol}\.(\w+)", WRITTEN)) == set()


def test_streams__are_listed_with_those_who_draw_from_them():
    rows = re.findall(r"^\| `Stream\.(\w+)` \|.*\| (.+) \|$", ODD, re.MULTILINE)
    assert [name for name, _ in rows] == [stream.name for stream in Stream]
    found = {name: set() for name, _ in rows}
    model = [path for path in (ROOT / "sim").rglob("*.py") if "classics" not in path.parts]
    for node in chain.from_iterable(ast.walk(parsed(path)) for path in model):
        if isinstance(node, ast.FunctionDef):
            for name in re.findall(r"\bStream\.([A-Z_]+)", ast.unparse(node)):
                found[name].add(node.name)
    found["STYLE"].discard("uniform")  # it stands within the other
    assert {name: set(re.findall(r"`(\w+)`", by)) for name, by in rows} == found


# Tables


def test_tables__are_up_to_date_and_all_there():
    """`make docs` writes them anew."""
    assert filled(ODD) == ODD
    assert sorted(re.findall(r"<!-- generated: (\w+) -->", ODD)) == sorted(BLOCKS)


@pytest.mark.parametrize("name", BLOCKS)
def test_table__has_cells_in_all_columns(name):
    head, line, *rows = BLOCKS[name]()
    columns = head.count(" | ")
    assert set(line) == {"|", " ", "-"}
    assert rows
    assert {row.count(" | ") for row in rows} == {columns}


def test_filled__changes_nothing_but_what_is_marked():
    old = "before\n<!-- generated: world -->\nold\n<!-- end -->\nbetween\n<!-- end -->\n"
    new = filled(old)
    assert new.startswith("before\n<!-- generated: world -->\n\n| name |")
    assert "`world.centre`" in new
    assert new.endswith("|\n\n<!-- end -->\nbetween\n<!-- end -->\n")
    assert "old" not in new
    assert filled(new) == new


def test_filled__names_the_nearest_table():
    with pytest.raises(UserError, match="patterns"):
        filled("<!-- generated: pattern -->\n<!-- end -->")


def test_fill__writes_a_file_anew(tmp_path):
    file = tmp_path / "page.md"
    file.write_text("Müller\n<!-- generated: motives -->\n<!-- end -->\n", "utf-8")
    fill(file)
    assert file.read_text("utf-8") == filled("Müller\n<!-- generated: motives -->\n<!-- end -->\n")


# TRACE


def test_trace__names_tests_that_exist():
    """A test is named after its file, in the same paragraph or row."""
    named = re.findall(r"`(tests/[\w/]+\.py)`|`(test_\w+)`", TRACE)
    found, path = 0, None
    for file, test in named:
        if file:
            path = ROOT / file
            assert path.exists(), file
        else:
            found += 1
            assert f"def {test}(" in path.read_text("utf-8"), test
    assert found > 40


def test_trace__names_classics_and_patterns_that_exist():
    table = TRACE.split("| submodel |")[1].split("\n\n")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    numbers = {str(pattern.number) for pattern in PATTERNS.values()}
    for _, _, _, classic, pattern, _ in rows:
        assert set(re.findall(r"`(\w+)`", classic)) <= set(CLASSICS)
        assert set(re.findall(r"\d+", pattern)) <= numbers
    assert {number for row in rows for number in re.findall(r"\d+", row[4])} == numbers
