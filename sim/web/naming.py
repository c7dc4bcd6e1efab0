"""What varies in a study, in words: what the page calls it, what it means, and its key."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sim.analysis.report import Report
from sim.design import Experiment, Plan

MOST_NAMED = 8  # values that are named


def words_of(keys: Iterable[str]) -> dict[str, str]:
    """Returns what each key is called: by its end, or by all of it where ends are alike."""
    ends = {key: key.rpartition(".")[2] for key in keys}
    often = Counter(ends.values())
    return {
        key: (end if often[end] == 1 else key.replace(".", " ")).replace("_", " ")
        for key, end in ends.items()
    }


def in_words(said: Report, words: Mapping[str, str]) -> Report:
    """Returns a report that calls what varies by these words."""
    return replace(
        said,
        who=words.get(said.who, said.who),
        names=tuple(words[name] for name in said.names),
        places=[{words[name]: value for name, value in at.items()} for at in said.places],
        figure=replace(said.figure, x=words.get(said.figure.x, said.figure.x)),
        sampled=frozenset(words[name] for name in said.sampled),
    )


def glossary(experiment: Experiment, plan: Plan, said: Report) -> list[dict[str, Any]]:
    """Returns what varies, in words: its meaning, its values, and the key that sets it.

    `said` is the report in words.
    """
    points = [plan.values(point) for point in range(plan.n_points)]
    return [
        {
            "words": words,
            "meaning": experiment.parameters[key].about.meaning,
            "values": _listed(said, words, [values.get(key) for values in points]),
            "key": key,
        }
        for key, words in words_of(plan.names).items()
    ]


def _listed(said: Report, words: str, values: Iterable[Any]) -> str:
    levels = list(dict.fromkeys(said.said(words, value) for value in values if value is not None))
    return ", ".join(levels) if len(levels) <= MOST_NAMED else f"{len(levels):,} values"
