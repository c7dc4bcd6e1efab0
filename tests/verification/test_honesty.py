"""No way of managing wins by construction, and every one has its place: at full size."""

import pytest

from sim.honesty import check_honesty

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found():
    return check_honesty()


@pytest.mark.parametrize("n", range(4), ids=list("abcd"))
def test_honesty__holds(found, n):
    assert found.full
    verdict = found.verdicts[n]
    assert verdict.verdict == "holds", (verdict.says, verdict.evidence)


def test_honesty__looks_at_worlds_that_nobody_chose(found):
    assert found.n_worlds >= 200
    for counts in found.worlds.values():
        assert sum(counts.values()) <= found.n_worlds
