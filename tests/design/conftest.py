"""What the tests of experiments share."""

import pytest

from sim.design import read_experiment
from sim.errors import UserError

HEAD = 'scenario = "default"\nseeds = 2\n'


@pytest.fixture
def file(tmp_path):
    """Writes a file into a folder of the test and returns its path."""

    def write(text, name="study.toml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def read(file):
    """Reads an experiment in the default world, two seeds, from a text."""

    def reader(text="", *sets, head=HEAD):
        return read_experiment(file(head + text), sets)

    return reader


@pytest.fixture
def refused(read):
    """Expects that an experiment is refused, and that the message holds some words."""

    def check(text, *needles, head=HEAD):
        with pytest.raises(UserError) as problem:
            read(text, head=head)
        for needle in needles:
            assert needle in str(problem.value), str(problem.value)
        return str(problem.value)

    return check
