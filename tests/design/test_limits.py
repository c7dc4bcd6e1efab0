"""Replicating until precise starts with enough, ends somewhere, and names what there is."""

import pytest

from sim.design import Precise

COMMONS = 'styles = ["commons", "steward"]\n'
PRECISE = '[precise]\noutcome = "surplus"\nstyles = ["commons", "steward"]\nwidth = 10\n'


def test_precise__starts_with_enough_replicates(read):
    head = f'scenario = "default"\n{COMMONS}'
    experiment = read(PRECISE, head=head)
    assert experiment.precise == Precise(
        outcome="surplus", width=10.0, styles=("commons", "steward"), least=30, block=20, most=400
    )
    assert experiment.seeds == 30
    assert read("seeds = 50\n" + PRECISE, head=head).seeds == 50
    assert experiment.with_seeds(50).seeds == 50


@pytest.mark.parametrize(
    ("text", "needles"),
    [
        ('styles = ["commons"]', ["two of the styles", "['commons']"]),
        ('styles = ["commons", "commons"]', ["two of the styles"]),
        ('styles = ["commons", "stward"]', ["precise.styles", "did you mean 'steward'"]),
        ('styles = ["commons", "steward"]\nleast = 29', ["precise.least", "[30, ", "29"]),
        ('styles = ["commons", "steward"]\nwidth = 0', ["precise.width", "0"]),
        ('styles = ["commons", "steward"]\nmost = 30\nleast = 40', ["precise.most", "30"]),
        ('styles = ["commons", "steward"]\nblok = 3', ["'blok'", "did you mean 'block'"]),
        (
            'styles = ["commons", "steward"]\noutcome = "cost"',
            ["precise.outcome", "cost is not kept: add"],
        ),
        ('styles = ["commons", "steward"]\noutcome = "surpls"', ["did you mean 'surplus'"]),
    ],
)
def test_precise__that_cannot_be_is_refused(refused, text, needles):
    given = {"outcome": 'outcome = "surplus"', "width": "width = 1"}
    rest = "\n".join(line for key, line in given.items() if key not in text)
    refused(f'{COMMONS}outcomes = ["surplus"]\n[precise]\n{text}\n{rest}', *needles)


def test_precise__needs_an_outcome_and_fewer_seeds_than_its_most(refused):
    refused(COMMONS + '[precise]\nwidth = 1\nstyles = ["commons", "steward"]', "precise.outcome")
    refused(
        f"{COMMONS}{PRECISE}",
        "seeds must be at most precise.most, 400",
        head='scenario = "default"\nseeds = 500\n',
    )
