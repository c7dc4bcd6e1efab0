"""What is asked of studies and of the lab is covered by tests that exist: `requirements.md`."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ROWS = re.findall(
    r"^\| ([RQ]\d+) \| (.+?) \| (.+) \|$", (TESTS / "requirements.md").read_text(), re.M
)
ASKED = [f"R{n}" for n in range(1, 33)]
ASKED += [f"Q{n:02}" for n in (6, 9, 13, 14, 15, 23, 27, 28, 29, 30, 31, 32, 33, 36)]


def test_every_requirement__is_there_once_and_in_order():
    assert [number for number, _, _ in ROWS] == ASKED


@pytest.mark.parametrize(("number", "tests"), [(number, tests) for number, _, tests in ROWS])
def test_requirement__names_tests_that_exist(number, tests):
    named = tests.split(", ")
    assert named
    for name in named:
        found = re.fullmatch(r"`([\w/]+\.py)::(test_\w+)`", name)
        assert found, name
        tree = ast.parse((TESTS / found[1]).read_text("utf-8"))
        there = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        assert found[2] in there, name
