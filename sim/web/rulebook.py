"""The rules of a step, each with a small sandbox: two sliders, and what follows for all of them.

All values of both sliders are answered at once, so that the page need not ask again as they move.
To show one more, write what is tried in `trials`, and add an entry to TRIALS.
"""

import inspect
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import numpy as np

from sim.core import landscape, reciprocity, space
from sim.core.inputs import MEANING
from sim.core.motives import fun, money, recognition
from sim.core.rules import (
    direction,
    effort,
    gate,
    learning,
    offer,
    policy,
    record,
    search,
    turnover,
    value,
    vision,
)
from sim.core.rules import money as flows
from sim.core.step import TURNS
from sim.scenario import RULES
from sim.web import trials
from sim.web.parameters import read_number, read_parameters
from sim.web.sandbox import MIDDLE, WORLD
from sim.web.settings import ready

Rule = Callable[..., Any]


class Slider(NamedTuple):
    """What can be turned: its values, the one that it stands at first, and how they are shown.

    The unit is "share", which is shown as per cent, or none. `names` are words for values that are
    choices; `meaning` says more than the title.
    """

    title: str
    values: tuple[float, ...]
    usual: float
    unit: str = ""
    digits: int = 0
    names: tuple[str, ...] = ()
    meaning: str = ""


class Measure(NamedTuple):
    """What is measured: a unit and digits as those of a series."""

    title: str
    unit: str
    digits: int = 0


class Trial(NamedTuple):
    """A sandbox of a turn: `by` finds a value of `shown` for each line, from those of two sliders.

    `hint` says what to try, what is seen then, and why, wherever but at an end the rest stands.
    The first slider goes along the lines, the second turns them. `rules` are those of the core that
    do it, `parameters` the numbers of the world that they read.
    """

    turn: int
    title: str
    about: str
    hint: str
    along: Slider
    turned: Slider
    shown: Measure
    lines: tuple[str, ...]
    by: Callable[[float, float], Iterable[float]]
    rules: tuple[Rule, ...]
    parameters: tuple[str, ...]


def spaced(first: float, last: float, points: int) -> tuple[float, ...]:
    """Returns so many values from the first to the last, as far from each other."""
    return tuple(np.linspace(first, last, points).round(6).tolist())


def distance(title: str) -> Slider:
    """Returns a slider for a distance between two points of the circle of needs."""
    return Slider(title, spaced(0, 0.5, 21), 0.1, digits=3, meaning=FAR)


def lever(name: str, points: int = 11, usual: float | None = None) -> Slider:
    """Returns the slider of a lever, which stands in the middle if nothing else is said."""
    stands = getattr(MIDDLE, name) if usual is None else usual
    return Slider(name.capitalize(), spaced(0, 1, points), stands, digits=2, meaning=MEANING[name])


EFFORT = Measure("Effort", "share")
QUALITY = Measure("Quality of the solutions", "share")
WORTH = Measure("Worth to a user", "money a month", 2)
FAR = "0 is at the same point of the circle of needs, 0.5 on its far side"
CIRCLE = "of the circle of needs"
UTILITY = "all that speaks for it, less all that speaks against it"
MONTHS = Slider("Months", spaced(0, 36, 19), 12)

# fmt: off
TRIALS = (
    Trial(
        0, "What pay gives, and what it takes",
        "What a company has for its members. Money crowds out joy, thanks and company, and a "
        "little of it does so already.",
        "Raise money: what the pay is worth rises evenly, but the first step crowds out the "
        "most, because a little pay already makes work of a pleasure.",
        lever("money", 21), Slider("Cash", (1, 0), 1, names=("at hand", "none")),
        Measure("Share of the full strength", "share"),
        ("what the pay is worth", "how far it crowds out the rest"),
        trials.pay, (policy.follow_policy, money.offer, offer.make_offers),
        ("pay", "pay_purse", "crowding_offset", "austerity"),
    ),
    Trial(
        1, "What people come for, and what pay does to it",
        "Four members after a year in a market that stands still, alike but for what they come "
        "for.",
        "Raise money: joy and thanks bring less, and money brings more. Who comes for a bit of "
        "everything gives less for a little pay, and more for high pay. Raise control: joy "
        "brings less, thanks and money the same.",
        lever("money", 21), lever("control"), EFFORT,
        ("joy", "thanks", "money", "a bit of everything"),
        trials.motives,
        (fun.offer, recognition.recognition, effort.crowd_out, effort.make_up_minds),
        ("crowding", "crowding_up", "control_aversion", "paid_effort"),
    ),
    Trial(
        1, "Giving when others give",
        "Four members who come for the joy of it, each of another type.",
        "Raise what others are believed to give: who gives if others do gives much more, the "
        "others little more or nothing. Raise sharing: all give more, because they own a part "
        "of what comes of it.",
        Slider("What others are believed to give", spaced(0, 1, 21), 0.5, "share"),
        lever("sharing"), EFFORT,
        ("gives if others do", "free rider", "gives a little", "any other"),
        trials.others, (effort.reciprocate, reciprocity.contribution),
        ("conditional", "conditional_slope", "free_riders", "triangle", "triangle_start",
         "triangle_slope", "other_start", "other_slope", "sharing_lift"),
    ),
    Trial(
        1, "Whom a vision draws",
        "The goals of three members, who begin near the vision, farther and far away from it, in a "
        "market that stands still.",
        "Raise vision: it draws those who begin near or farther away, until their own need "
        "holds them. Who begins far away does not listen, and stays.",
        MONTHS, lever("vision"), Measure("Distance from the vision", CIRCLE, 3),
        ("begins near", "begins farther away", "begins far away"),
        trials.vision, (vision.share_vision,), ("goal_pull", "own_pull", "confidence"),
    ),
    Trial(
        2, "How much reviewers see",
        "What they do not see must wait.",
        "Raise the work where there is much control: reviewers look at all of it at first, and "
        "then at a smaller and smaller share, because they can do no more. With full tools they "
        "can do twice as much.",
        Slider("Pieces of work to decide on", spaced(0, 400, 21), 200), lever("control"),
        Measure("Work at the gate that is seen", "share"), ("without tools", "with full tools"),
        trials.seen, (gate.open_gates,), ("review_capacity", "gated"),
    ),
    Trial(
        2, "How well work is judged",
        f"By reviewers, and by many eyes where there is something to see; {trials.LOAD} pieces of "
        "work are to be decided on.",
        "Raise the active members: the error falls, most of all where all is open, because many "
        "eyes see more. At full control it stays, because reviewers alone judge.",
        lever("control", 21), Slider("Active members", spaced(0, 300, 11), 90),
        Measure("Error in judging a solution", "points of 100", 1),
        ("nothing is shown", "all is open"),
        trials.judged, (gate.open_gates,), ("judging_noise", "many_eyes", "review_capacity"),
    ),
    Trial(
        3, "What passes the gate",
        f"The fate of {trials.PIECES:,} first pieces of work, as far from the vision as you say, "
        f"while {trials.LOAD} others are to be decided on.",
        "Raise the distance: less work is accepted and more rejected, because the gate lets "
        "pass what is near the vision. At control 0 there is no gate, and distance does not "
        "matter.",
        distance("Distance from the vision"), lever("control"),
        Measure("Share of the work", "share"), ("accepted", "waits", "rejected"),
        trials.gate, (gate.distance, gate.experience, gate.screen),
        ("gate_width", "gated", "stale", "skill", "skill_learning"),
    ),
    Trial(
        4, "Experts who solve, and experts who show",
        "Who solves works alone. Who shows brings people to problems on which these can help. "
        f"The mean of {trials.SPELLS} times two years, each with other problems.",
        "Lower the work: experts who only show do worst, because there are few whom they can "
        "show anything. Raise it to the end: experts who do both do best.",
        Slider("Pieces of work accepted a month", spaced(5, 105, 11), 45), lever("experts", 6),
        QUALITY, ("experts solve", "experts do both", "experts show"),
        trials.experts, (search.work_out, search.call_for_work, search.match),
        ("staff", "expert_problems", "expert_sample", "matches", "renewal"),
    ),
    Trial(
        5, "Many like the best one, or many different ones",
        "Contributors work on new problems, one after the other. The mean of "
        f"{trials.DRAWS} tries, each with other problems.",
        "Raise transparency with much work: those who are alike get stuck, because all try the "
        "same steps from the same solution. Many different ones get further.",
        Slider("Pieces of work", spaced(0, 400, 21), 200), lever("transparency", 6), QUALITY,
        ("all like the best expert", "all different"),
        trials.search, (search.begin, search.relay, search.seems_better, landscape.climb),
        ("problems", "smoothness", "secrecy", "integrality", "judging_noise"),
    ),
    Trial(
        6, "Many entries, one purse",
        "The best entry on each problem wins, and the winners share what there is. The mean of "
        f"{trials.DRAWS} contests.",
        "Raise the entries: an entry gets ever less, because the purse stays the same. A winner "
        "gets less, too, until each problem has its winner. Raise money: both get more.",
        Slider("Entries in the contest", spaced(10, 210, 21), 50), lever("money"),
        Measure("Prize", "money", 2), ("each winner gets", "each entry gets on average"),
        trials.purse, (search.enter, search.award_prizes, search.conclude), ("prize", "problems"),
    ),
    Trial(
        7, "Accepted, lost or honoured",
        f"What {trials.CONTRIBUTORS} people hear whose work has passed the gate. The mean of "
        f"{trials.DRAWS} months.",
        "Raise contest: more and more lose, because an entry must win to be "
        "accepted. Raise recognition: more get an award, but nobody whose work has lost.",
        lever("contest", 21, 0.4), lever("recognition"),
        Measure("Share of these people", "share", 1),
        ("accepted", "has lost a contest", "gets an award"),
        trials.heard, (search.conclude, flows.honour), ("called", "award_share"),
    ),
    Trial(
        8, "Where the product goes",
        f"A year on: product and vision began at 0, the contributors' goals stay at {trials.AWAY}. "
        "The vision's errors are left out, as they even out over many tries.",
        "Raise control: the product follows the contributors less, and at full control it stays "
        "with the vision. Raise vision: the vision itself moves less, because it does not "
        "listen.",
        lever("control", 21), lever("vision"), Measure("Place", CIRCLE, 3),
        ("the contributors' goals", "the product", "the vision"),
        trials.steer, (direction.steer,), ("work_pull", "vision_pull", "listening", "market_pull"),
    ),
    Trial(
        8, "What solutions are worth",
        "A product that fits its user, by how good the solutions in it are. Good is not enough.",
        "Raise the height: the last points add the most, because what nearly works is worth "
        "little. Raise trust: the product is worth more, until members trust it well.",
        Slider("Height of the solutions, of 100", spaced(50, 100, 21), 90, digits=1),
        Slider("Trust of the members", spaced(0, 1, 11), 0.5, "share"), WORTH, ("the product",),
        trials.worth, (value.bring_out, value.worth), ("worth", "trust_critical"),
    ),
    Trial(
        9, "Whom the product fits",
        "One user, who takes the product if it is worth more than what there is without it.",
        "Raise the distance: the product is worth less, until the user does without it. Raise "
        "tools: users farther away take it, because they can fit it to their need.",
        distance("Distance of need and product"), lever("tools"), WORTH,
        ("the product", "what there is without it"),
        trials.use, (space.narrowness, value.compare, value.count_adopters),
        ("tolerance", "tools_reach", "reservation"),
    ),
    Trial(
        10, "Who gets the value",
        "What a month creates, and who has it in the end. The more members there are, the more it "
        "costs to coordinate them.",
        "Raise sharing: what the contributors gain, the company gives up, and users keep the "
        "same. With 300 active members there is no profit to share, because coordination costs "
        "too much.",
        lever("sharing", 21), Slider("Active members", spaced(0, 300, 11), 60),
        Measure("Value", "money a month"), ("users", "contributors", "the company"),
        trials.accounts, (flows.budget, flows.settle_accounts),
        ("margin", "spillover", "payout", "coordination"),
    ),
    Trial(
        11, "How trust grows and breaks",
        "Three members: one's work is always accepted, one's for a year and then no more, one's "
        "never.",
        "Go on after the first year: trust breaks faster than it has grown, because bad news "
        "counts for more. Raise transparency: all three trust more.",
        MONTHS, lever("transparency"), Measure("Trust", "share"),
        ("always accepted", "for a year", "never accepted"),
        trials.trust, (learning.take_stock, learning.learn, learning.come_to_trust),
        ("trust_up", "trust_down", "trust_acceptance", "trust_openness", "trust_sharing",
         "trust_capture"),
    ),
    Trial(
        11, "Who leaves",
        f"Of {trials.PIECES:,} members alike, in one month.",
        "Raise the work made so far: fewer leave, because who has made much feels at home. Raise "
        "the utility: fewer leave, because they gain more by staying. More leave if their first "
        "work was rejected, and fewer with an award.",
        Slider("Pieces of work made so far", spaced(0, 12, 13), 3),
        Slider("Utility of taking part", spaced(-1, 3, 9), 0.5, digits=1, meaning=UTILITY),
        Measure("Share who leave", "share"),
        ("first work rejected", "first work accepted", "and an award, too"),
        trials.leaving, (turnover.estrangement, turnover.leaves),
        ("leave", "leave_early", "leave_utility", "award_gain", "rejection"),
    ),
    Trial(
        11, "How word spreads",
        f"Of {trials.PIECES:,} outsiders with two friends each, within a year.",
        "Raise the users: more hear of the company, because users talk. Each friend adds to it. "
        "Raise control: fewer hear of it, because users talk less of what is closed.",
        Slider("People who use the product", spaced(0, 1, 11), 0.4, "share"), lever("control", 6),
        Measure("Share who hear of it", "share"),
        ("no friend is a member", "one of two friends", "both friends"),
        trials.word, (offer.make_offers, turnover.hear),
        ("awareness", "word_of_mouth", "closed_word", "tie_awareness"),
    ),
    Trial(
        12, "Whom the record forgets",
        f"A company of {trials.COLLEAGUES}. Who has left is in no mean any more: if those go who "
        "trust it least, trust seems to rise, though nobody trusts it more.",
        "Raise the members who leave, or change their trust: before they leave, the record "
        "shows it. Afterwards it is always the same, because nobody asks them any more.",
        Slider("Members who leave", spaced(0, 95, 20), 30),
        Slider("Trust of those who leave", spaced(0, 1, 11), 0.2, "share"),
        Measure("Mean trust on record", "share"), ("before they leave", "after they have left"),
        trials.record, (record.look_around, record.average), ("trust_up", "trust_down"),
    ),
    Trial(
        13, "A friend who has just joined",
        "How far she draws a member's goal in a month, before and after her face is shown.",
        "Raise the distance: she draws the more, until she is too far away to be listened to. "
        "Raise vision: she draws less, because the vision counts for more.",
        distance("Distance of her goal"), lever("vision"),
        Measure("How far the member's goal moves", CIRCLE, 3),
        ("before her face is shown", "afterwards"),
        trials.faces, (record.show_face, vision.peers, vision.share_vision),
        ("goal_pull", "confidence"),
    ),
)
# fmt: on
"""By turn; each turn has at least one."""

ALLOWED = "|".join(map(str, range(TURNS))), f"a whole number from 0 to {TURNS - 1}"
"""How a turn is written, as a pattern and in words."""


def read_turn(parameters: Iterable[tuple[str, str]]) -> int:
    """Returns the turn whose sandboxes an address asks for; a UserError says what is wrong."""
    given = read_parameters(parameters, ("turn",), "a step")
    return int(read_number(given, "turn", ALLOWED, "a step"))


@lru_cache(maxsize=TURNS)
def rules_of(turn: int) -> bytes:
    """Returns the sandboxes of a turn as JSON; values that mean nothing are null."""
    return msgspec.json.encode([_told(trial) for trial in TRIALS if trial.turn == turn])


def _told(trial: Trial) -> dict[str, Any]:
    """Returns what the page shows of a trial; values (turned, line, along)."""
    return {
        "title": trial.title,
        "about": trial.about,
        "hint": trial.hint,
        "along": trial.along._asdict(),
        "turned": trial.turned._asdict(),
        "shown": trial.shown._asdict(),
        "lines": trial.lines,
        "values": found(trial).tolist(),
        "rules": [_rule(rule) for rule in trial.rules],
        "parameters": [_parameter(name) for name in trial.parameters],
    }


def found(trial: Trial) -> Any:
    """Returns what comes of a trial (turned, line, along)."""
    rows = [[[*trial.by(x, y)] for x in trial.along.values] for y in trial.turned.values]
    return np.moveaxis(np.array(rows, float), 1, 2)


def _rule(rule: Rule) -> dict[str, str]:
    """Returns the name of a rule of the core, and what it says of itself."""
    return {
        "name": f"{rule.__module__.rpartition('.')[2]}.{rule.__name__}",
        "doc": inspect.getdoc(rule) or "",
    }


def _parameter(name: str) -> dict[str, str]:
    """Returns what is known of a number of the world, and its value there."""
    section = next(key for key, kind in RULES.items() if name in kind.parameters())
    _, about = RULES[section].parameters()[name]
    value = getattr(getattr(ready(WORLD), section), name)
    return {
        "name": name,
        "value": f"{value}",
        "meaning": about.meaning,
        "source": about.source,
    }
