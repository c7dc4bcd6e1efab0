"""Words that people bring from elsewhere, and what they are called here."""

from collections.abc import Iterable

from sim import errors
from sim.errors import UserError

MEANT = {
    "replications": "seeds",
    "replicates": "seeds",
    "repetitions": "seeds",
    "reps": "seeds",
    "runs": "seeds",
    "varies": "vary",
    "varied": "vary",
    "factors": "vary",
    "metrics": "outcomes",
    "measures": "outcomes",
    "title": "question",
    "fix": "fixed",
    "points": "table",
    "plot": "figure",
    "lhs": "latin_hypercube",
}
"""What a word means, where that is the name of something there."""


def meant(name: object, known: Iterable[str]) -> str:
    """Returns which of the known names a word means by its sense, or an empty text."""
    word = MEANT.get(str(name).lower(), "")
    return word if word in known else ""


def unknown(kind: str, name: object, known: Iterable[str]) -> UserError:
    """The error for a name that does not exist, with the one that is meant or the nearest."""
    names = tuple(known)
    if word := meant(name, names):
        return UserError(f"No {kind} is called {str(name)!r}; did you mean {word!r}?")
    return errors.unknown(kind, name, names)


def unkept(outcome: object, known: Iterable[str]) -> UserError | None:
    """The error for an outcome that there is but that is not kept; None for what is none."""
    if outcome not in tuple(known):
        return None
    return UserError(f"{outcome} is not kept: add it to outcomes")
