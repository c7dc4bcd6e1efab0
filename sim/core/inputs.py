"""What management sets: the twelve levers, each a number in [0, 1]."""

from dataclasses import dataclass, field, fields


def _lever(meaning: str, default: float = 0.0) -> float:
    """Declares one lever with its meaning."""
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True, slots=True)
class Levers:
    """One setting of all levers of a company, each in [0, 1].

    A style answers with these at each review. What is not named is 0.
    """

    control: float = _lever("share of contributions that must pass the company's gate")
    vision: float = _lever("strength of the signal that names where to go")
    money: float = _lever("pay or prizes offered for contributions")
    recognition: float = _lever("awards and visible thanks")
    fun: float = _lever("freedom and play in the tasks")
    social: float = _lever("community life: meetings, chat, events")
    transparency: float = _lever("how far others' work and the company's accounts can be seen")
    sharing: float = _lever("share of the profit and ownership that contributors get")
    experts: float = _lever("share of the staff who are experts at work")
    tools: float = _lever("tools and processes that let many take part")
    contest: float = _lever("share of work that is called for as a contest")
    facilitation: float = _lever("share of experts' time for enabling others, not for solving")


LEVERS: tuple[str, ...] = tuple(f.name for f in fields(Levers))
"""Names of the levers, in the order of their declaration."""

MEANING: dict[str, str] = {f.name: f.metadata["meaning"] for f in fields(Levers)}
"""What each lever sets."""
