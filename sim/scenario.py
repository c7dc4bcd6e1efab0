"""All parameters of a world: default, unit, range, meaning and source, each in one line.

The validation, `cocreate check` and the reference in the docs come from these lines. A rate
carries its unit of time and says how it becomes a number of a step: `share` (a chance or a part
of the way), `flow` (an amount) or `walk` (the spread of a random walk). [D] marks our own choices.
"""

from functools import cache, cached_property
from typing import Annotated, Any, NamedTuple, get_type_hints

import msgspec
import numpy as np

from sim.core.state import record
from sim.quantity import Rate, Span


class About(NamedTuple):
    """What is known of a parameter besides its type and default."""

    unit: str
    low: float
    high: float
    meaning: str
    source: str
    each_step: str = ""


INF = float("inf")
MONTH, THREE_MONTHS, YEAR = Span("1 month"), Span("3 months"), Span("12 months")
SHARE = "share"
PULL = "Hegselmann & Krause 2015, our value [D]"
FISCHBACHER = "Fischbacher & Gaechter 2010, re-estimated"


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a scenario."""

    @classmethod
    @cache
    def parameters(cls) -> dict[str, tuple[Any, About]]:
        """Returns type and description of each parameter."""
        hints = get_type_hints(cls, include_extras=True)
        return {name: (hints[name].__origin__, hints[name].__metadata__[0]) for name in hints}


# fmt: off
class Time(Section, frozen=True):
    """How time passes."""

    step: Annotated[Span, About("time", 1, 366, "length of a step", "[D]")] = Span("1 month")
    steps: Annotated[int, About("steps", 1, 1_000_000, "length of a run", "[D]")] = 100
    review: Annotated[int, About("steps", 1, 1_000_000, "steps between two reviews", "[D]")] = 4
    every: Annotated[int, About("steps", 1, 1_000_000, "steps between recorded rows", "[D]")] = 1


class Population(Section, frozen=True):
    """Who the people are."""

    people: Annotated[int, About("count", 1, 100_000_000, "people who might take part", "[D]")] = 1500
    volunteers: Annotated[float, About(SHARE, 0, 1, "people who adopt nothing", "[D]")] = 0.3
    founders: Annotated[float, About(SHARE, 0, 1, "members from the start", "[D]")] = 0.05
    need_spread: Annotated[float, About("circle", 0, 1, "spread of needs about the market", "[D]")] = 0.15
    activity_spread: Annotated[float, About("log", 0, 4, "sigma of the lognormal activity", "[D]")] = 1.5
    skill: Annotated[float, About(SHARE, 0, 1, "mean chance that a first contribution works", "28 communities: first proposal about .6")] = 0.65
    skill_spread: Annotated[float, About(SHARE, 0, 1, "spread of that chance", "[D]")] = 0.15
    skill_learning: Annotated[float, About("count", 0.01, 1000, "accepted contributions over which mistakes fall to 1/e", "28 communities: .9 after five")] = 3.6
    motive_concentration: Annotated[float, About("1", 0.1, 1000, "how alike people's motives are (Dirichlet)", "[D]")] = 6.0
    conditional: Annotated[float, About(SHARE, 0, 1, "conditional cooperators", FISCHBACHER)] = 0.55
    free_riders: Annotated[float, About(SHARE, 0, 1, "free riders", FISCHBACHER)] = 0.229
    triangle: Annotated[float, About(SHARE, 0, 1, "triangle contributors", FISCHBACHER)] = 0.121
    conditional_start: Annotated[float, About(SHARE, 0, 1, "contribution of conditional types at belief 0", FISCHBACHER)] = 0.0
    conditional_slope: Annotated[float, About("1", -2, 2, "its rise with the belief", FISCHBACHER)] = 0.74
    triangle_start: Annotated[float, About(SHARE, 0, 1, "contribution of triangle types at belief 0", FISCHBACHER)] = 0.12
    triangle_slope: Annotated[float, About("1", -2, 2, "its rise with the belief", FISCHBACHER)] = 0.06
    other_start: Annotated[float, About(SHARE, 0, 1, "contribution of other types at belief 0", "[D]")] = 0.25
    other_slope: Annotated[float, About("1", -2, 2, "its rise with the belief", FISCHBACHER)] = 0.11
    first_belief: Annotated[float, About(SHARE, 0, 1, "mean first belief about others", "Fischbacher & Gaechter 2010: 9.8 of 20")] = 0.49
    belief_spread: Annotated[float, About(SHARE, 0, 1, "spread of the first belief", "Fischbacher & Gaechter 2010: 4.86 of 20")] = 0.243
    first_trust: Annotated[float, About(SHARE, 0, 1, "trust in a company one does not know", "[D]")] = 0.5


class Ties(Section, frozen=True):
    """Who knows whom."""

    kind: Annotated[str, About("none, small_world, preferential, file", 0, 0, "shape of the network", "Watts & Strogatz 1998; Barabasi & Albert 1999")] = "small_world"
    degree: Annotated[int, About("count", 1, 1000, "mean number of ties", "[D]")] = 8
    rewired: Annotated[float, About(SHARE, 0, 1, "ties of a small world that lead far away", "Watts & Strogatz 1998")] = 0.1
    file: Annotated[str, About("CSV with columns a,b", 0, 0, "ties between numbered people, for kind file", "-")] = ""


class World(Section, frozen=True):
    """The market, the product and the problems."""

    drift: Annotated[Rate, About("circle per time", 0, 1, "drift of the market's centre", "[D]", "walk")] = Rate("0.01 per month")
    vision_error: Annotated[float, About("circle", 0, 1, "error of the first vision about the market", "[D]")] = 0.08
    problems: Annotated[int, About("count", 1, 10_000, "open problems of each company", "[D]")] = 24
    renewal: Annotated[Rate, About("1 per time", 0, 100, "renewal of problems", "[D]", "share")] = Rate("0.105 per month")
    smoothness: Annotated[int, About("positions", 0, 100, "smoothness of problems; 0 is Hong & Page", "Grim et al. 2019")] = 4
    ring: Annotated[int, About("positions", 10, 1_000_000, "values of a problem", "Hong & Page 2004")] = 2000
    pool: Annotated[int, About("count", 1, 10_000, "different problems there are", "[D]")] = 48
    largest_step: Annotated[int, About("positions", 3, 1000, "largest step size of heuristics (l)", "[D]")] = 60
    integrality: Annotated[float, About("1", 0, 10, "modular (0) to integral product", "Almirall & Casadesus-Masanell 2010, our form [D]")] = 0.3
    trust_critical: Annotated[float, About(SHARE, 0, 1, "how far value depends on trust", "[D]")] = 0.2
    spillover: Annotated[float, About(SHARE, 0, 1, "value that open companies leave to others", "[D]")] = 0.5
    rivalry: Annotated[float, About(SHARE, 0, 1, "how far use uses the good up", "Ostrom 1990")] = 0.0
    uses: Annotated[float, About("uses", 0, 1e6, "monthly uses that a contribution adds to a rival good", "[D]")] = 10.0
    tolerance: Annotated[float, About("circle", 0.001, 10, "distance of need and product that users bear (rho)", "[D]")] = 0.15
    tools_reach: Annotated[float, About(SHARE, 0, 1, "part of that distance that tools can bridge", "von Hippel & Katz 2002, our value [D]")] = 0.8
    reservation: Annotated[float, About("money", 0, 1000, "worth of what users have without the product, a month", "[D]")] = 0.15
    worth: Annotated[float, About("money", 0, 1e6, "worth of a perfect product, a month", "[D]")] = 1.0


class Effort(Section, frozen=True):
    """What makes people give."""

    appeal: Annotated[float, About("1", 0, 100, "weight of the motives in the utility (S)", "[D]")] = 5.0
    effort_cost: Annotated[float, About("1", -100, 100, "cost of taking part, in utility", "[D]")] = 1.6
    contributions: Annotated[Rate, About("count per time", 0, 1000, "contributions of a person of mean activity at full effort", "[D]", "flow")] = Rate("4 per month")
    share_appeal: Annotated[float, About("1", 0, 10, "appeal of full sharing, against full pay", "[D]")] = 0.3
    prize_dilution: Annotated[float, About("money", 0.001, 1000, "what a contribution to a contest must be worth", "Boudreau et al. 2011, our form [D]")] = 3.0
    paid_effort: Annotated[float, About(SHARE, 0, 1, "how far work for money is freed from waiting for others", "Boudreau et al. 2011, our form [D]")] = 1.0
    control_aversion: Annotated[float, About(SHARE, -1, 1, "fun that full control takes away", "Falk & Kosfeld 2006; Ziegelmeyer et al. 2012")] = 0.8
    crowding: Annotated[float, About(SHARE, 0, 1, "fun, thanks and company that full crowding takes away (K)", "Deci, Koestner & Ryan 1999; Heyman & Ariely 2004")] = 0.65
    vision_appeal: Annotated[float, About("1", 0, 100, "utility of a vision that one shares (V0)", "[D]")] = 2.0
    vision_reach: Annotated[float, About("circle", 0.001, 1, "distance at which a vision leaves cold", "[D]")] = 0.15
    trust_appeal: Annotated[float, About("1", 0, 100, "weight of trust in the utility", "[D]")] = 2.0
    tools_appeal: Annotated[float, About("1", 0, 100, "effort that tools save, in utility", "[D]")] = 0.5
    audience_appeal: Annotated[float, About("1", 0, 100, "utility of a large audience", "Zhang & Zhu 2011, our form [D]")] = 2.6
    sharing_lift: Annotated[float, About("1", 0, 1, "how far shared ownership lifts reciprocity", "[D]")] = 0.1
    goal_pull: Annotated[Rate, About("1 per time", 0, 100, "pull of vision and peers on goals (mu)", PULL, "share")] = Rate("0.105 per month")
    own_pull: Annotated[Rate, About("1 per time", 0, 100, "pull of one's own need on one's goal (kappa)", "[D]", "share")] = Rate("0.051 per month")
    confidence: Annotated[float, About("circle", 0, 1, "distance within which goals are listened to (eps)", PULL)] = 0.2


class Gate(Section, frozen=True):
    """How contributions are screened and judged."""

    review_capacity: Annotated[Rate, About("count per time", 0, 1e9, "contributions that reviewers see, without tools, experts all at work elsewhere", "[D]", "flow")] = Rate("60 per month")
    gated: Annotated[float, About(SHARE, 0, 1, "load that full control sends through the gate", "[D]")] = 1.0
    gate_width: Annotated[float, About("circle", 0.001, 10, "distance from the vision that a full gate lets pass", "[D]")] = 0.2
    stale: Annotated[Rate, About("1 per time", 0, 100, "waiting contributions that are given up", "[D]", "share")] = Rate("0.3 per month")
    judging_noise: Annotated[float, About("height", 0, 100, "error of judging when nobody looks", "Knudsen & Levinthal 2007, our value [D]")] = 12.0
    many_eyes: Annotated[float, About("count", 0.01, 1e6, "active members who see most of what is open", "[D]")] = 80.0


class Search(Section, frozen=True):
    """What companies put into the search."""

    staff: Annotated[int, About("count", 0, 10_000, "staff of each company", "[D]")] = 10
    secrecy: Annotated[float, About(SHARE, 0, 1, "others' work that a closed company hides from contributors", "Boudreau & Lakhani 2015, our form [D]")] = 1.0
    called: Annotated[float, About(SHARE, 0, 1, "work that a full contest calls for", "[D]")] = 1.0
    expert_sample: Annotated[int, About("count", 1, 100_000, "heuristics of which an expert is the best on a past problem", "[D]")] = 300
    expert_problems: Annotated[Rate, About("count per time", 0, 1000, "problems that a solving expert works on", "[D]", "flow")] = Rate("6 per month")
    matches: Annotated[Rate, About("count per time", 0, 10_000, "people whom an enabling expert brings to the right problem", "[D]", "flow")] = Rate("20 per month")
    listening: Annotated[Rate, About("1 per time", 0, 100, "how fast an open vision follows accepted work", "[D]", "share")] = Rate("0.105 per month")
    market_pull: Annotated[Rate, About("1 per time", 0, 100, "how fast a vision follows the market", "[D]", "share")] = Rate("0.02 per month")
    vision_noise: Annotated[Rate, About("circle per time", 0, 1, "error of the vision's learning", "[D]", "walk")] = Rate("0.005 per month")
    work_pull: Annotated[Rate, About("1 per time", 0, 100, "how fast an open product follows accepted work", "[D]", "share")] = Rate("0.163 per month")
    vision_pull: Annotated[Rate, About("1 per time", 0, 100, "how fast a controlled product follows the vision", "[D]", "share")] = Rate("0.288 per month")


class Money(Section, frozen=True):
    """Where money comes from and goes to; means are equal for every style."""

    seed_money: Annotated[float, About("money a head", 0, 1e9, "seed money, shared equally by the companies", "[D]")] = 1.0
    margin: Annotated[float, About(SHARE, 0, 1, "created value that a closed company captures", "[D]")] = 0.35
    pay: Annotated[float, About("money", 0, 1e6, "pay of an accepted contribution at full money", "[D]")] = 0.5
    pay_purse: Annotated[Rate, About("money per time", 0, 1e9, "least that full money can spend on pay", "[D]", "flow")] = Rate("30 per month")
    payroll: Annotated[float, About(SHARE, 0, 10, "captured value that full money spends on pay at most", "[D]")] = 0.5
    prize: Annotated[Rate, About("money per time", 0, 1e9, "prizes at full money and contest", "[D]", "flow")] = Rate("30 per month")
    wage: Annotated[Rate, About("money per time", 0, 1e9, "wage of an expert", "[D]", "flow")] = Rate("2 per month")
    tools_cost: Annotated[Rate, About("money per time", 0, 1e9, "cost of full tools", "[D]", "flow")] = Rate("40 per month")
    review_cost: Annotated[float, About("money", 0, 1e6, "cost of reviewing a contribution", "[D]")] = 0.05
    coordination: Annotated[Rate, About("money per time", 0, 1e6, "cost of coordination, times the square of active members, in an open company", "Brooks 1975, our value [D]", "flow")] = Rate("0.004 per month")
    community_cost: Annotated[Rate, About("money per time", 0, 1e6, "cost of community life, an active member", "[D]", "flow")] = Rate("0.05 per month")
    award_share: Annotated[Rate, About("1 per time", 0, 100, "accepted contributors who get an award at full recognition", "[D]", "share")] = Rate("0.062 per month")
    award_cost: Annotated[float, About("money", 0, 1e6, "cost of an award", "[D]")] = 0.5
    payout: Annotated[float, About(SHARE, 0, 1, "profit that full sharing pays out", "Hansmann 1996")] = 1.0
    austerity: Annotated[float, About(SHARE, 0, 1, "what is left of costly levers without cash", "[D]")] = 0.5
    grace: Annotated[Span, About("time", 1, 36525, "time without cash after which a company closes", "[D]")] = Span("6 months")


class Learning(Section, frozen=True):
    """How beliefs, crowding and trust move."""

    belief_gain: Annotated[Rate, About("1 per time", 0, 100, "how fast beliefs follow the effort seen", "Fischbacher & Gaechter 2010: .415 a period", "share")] = Rate("0.536 per month")
    belief_sight: Annotated[float, About("1", 0, 1, "how far transparency quickens that", "[D]")] = 0.7
    belief_rise: Annotated[Rate, About("share per time", 0, 1, "drift of beliefs", "Fischbacher & Gaechter 2010: .118 of 20", "flow")] = Rate("0.0059 per month")
    belief_decay: Annotated[Rate, About("share per time", 0, 1, "decay of beliefs", "Fischbacher & Gaechter 2010: 1 - .415 - .569", "flow")] = Rate("0.016 per month")
    crowding_offset: Annotated[float, About("1", 0.0001, 10, "money m crowds out m / (m + this)", "Gneezy & Rustichini 2000, our form [D]")] = 0.05
    crowding_up: Annotated[Rate, About("1 per time", 0, 100, "how fast money crowds out", "Heyman & Ariely 2004: at once; our value [D]", "share")] = Rate("1.5 per month")
    crowding_down: Annotated[Rate, About("1 per time", 0, 100, "how fast that is forgotten", "Gneezy & Rustichini 2000, our value [D]", "share")] = Rate("0.02 per month")
    trust_up: Annotated[Rate, About("1 per time", 0, 100, "how fast trust grows", "[D]", "share")] = Rate("0.051 per month")
    trust_down: Annotated[Rate, About("1 per time", 0, 100, "how fast trust is lost", "[D]", "share")] = Rate("0.163 per month")
    trust_acceptance: Annotated[float, About("logit", 0, 100, "weight of being accepted in trust", "[D]")] = 2.5
    trust_openness: Annotated[float, About("logit", 0, 100, "weight of transparency in trust", "[D]")] = 1.0
    trust_sharing: Annotated[float, About("logit", 0, 100, "weight of sharing in trust", "[D]")] = 1.0
    trust_capture: Annotated[float, About("logit", 0, 100, "weight of what the company keeps, against trust", "[D]")] = 3.0
    trust_gap: Annotated[float, About("logit", 0, 100, "weight of others' effort against what was believed", "[D]")] = 8.0


class Turnover(Section, frozen=True):
    """Who leaves, who hears of it, who joins."""

    leave: Annotated[Rate, About("1 per time", 0, 100, "leaving whatever one has done", "[D]", "flow")] = Rate("0.002 per month")
    leave_early: Annotated[Rate, About("1 per time", 0, 100, "leaving before any contribution, at utility 0", "Wilkinson 2008, our value [D]", "flow")] = Rate("2 per month")
    leave_utility: Annotated[float, About("1", 0, 10, "how far utility keeps people", "[D]")] = 0.8
    award_gain: Annotated[float, About("log rate", 0, 10, "how far an award keeps people for a year", "Gallus 2017")] = 0.37
    rejection: Annotated[float, About("log rate", 0, 10, "how far a rejected first contribution drives out", "Halfaker et al. 2013, our value [D]")] = 0.5
    awareness: Annotated[Rate, About("1 per time", 0, 100, "hearing of a company by chance", "Bass 1969, our value [D]", "flow")] = Rate("0.01 per month")
    word_of_mouth: Annotated[Rate, About("1 per time", 0, 100, "hearing of it from users, if all adopt", "Bass 1969, our value [D]", "flow")] = Rate("0.03 per month")
    closed_word: Annotated[float, About(SHARE, 0, 1, "word of mouth that full control takes away", "[D]")] = 0.49
    tie_awareness: Annotated[Rate, About("1 per time", 0, 100, "hearing of it from ties, if all are members", "[D]", "flow")] = Rate("0.03 per month")
    join_cost: Annotated[float, About("1", -100, 100, "utility that outsiders want before they join", "[D]")] = 1.0
    switch_cost: Annotated[float, About("1", -100, 100, "utility that members want beyond what they have", "[D]")] = 2.0


class Company(Section, frozen=True):
    """One company of the population."""

    name: Annotated[str, About("text", 0, 0, "name of the company", "-")] = "company"
    style: Annotated[str, About("style", 0, 0, "how it is managed; empty: the style asked for", "-")] = ""
    options: Annotated[dict[str, float], About("options", 0, 0, "options of that style", "-")] = {}


class Event(Section, frozen=True):
    """A dated event."""

    at: Annotated[int, About("step", 1, 1_000_000, "step before which it happens", "-")]
    kind: Annotated[str, About("kind of event", 0, 0, "what happens", "-")]
    size: Annotated[float, About("1", -1, 1, "how much: share of people, or way of the vision", "-")] = 0.0
    company: Annotated[str, About("company", 0, 0, "to which company; empty: to all", "-")] = ""
    lasts: Annotated[int, About("steps", 0, 1_000_000, "how long; 0: for good", "-")] = 0
    style: Annotated[str, About("style", 0, 0, "the new style, for kind new_style", "-")] = ""


class Stop(Section, frozen=True):
    """An end before the last step."""

    outcome: Annotated[str, About("series", 0, 0, "series of the ecosystem that is watched", "-")] = ""
    below: Annotated[float, About("1", -INF, INF, "stop once it is below this", "-")] = -INF
    above: Annotated[float, About("1", -INF, INF, "stop once it is above this", "-")] = INF

# fmt: on

DEFAULT_MOTIVES = {
    "money": 0.25,
    "recognition": 0.12,
    "fun": 0.29,
    "social": 0.15,
    "own_use": 0.19,
}
"""Mean motive mix of a population [D]."""


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """A world in which ways of managing co-creation can be compared."""

    title: str
    about: str = ""
    source: str = ""
    style: str = "foundation"
    time: Time = Time()
    population: Population = Population()
    motives: dict[str, float] = msgspec.field(default_factory=DEFAULT_MOTIVES.copy)
    ties: Ties = Ties()
    world: World = World()
    effort: Effort = Effort()
    gate: Gate = Gate()
    search: Search = Search()
    money: Money = Money()
    learning: Learning = Learning()
    turnover: Turnover = Turnover()
    companies: tuple[Company, ...] = (Company(),)
    events: tuple[Event, ...] = ()
    stop: Stop = Stop()
    origin: dict[str, Any] = {}

    @property
    def months(self) -> float:
        """Length of a step [months]."""
        return self.time.step / MONTH

    @cached_property
    def constants(self) -> Any:
        """What the core's rules read of it, for all its runs: copy before you change anything."""
        return constants(self)


RULES: dict[str, type[Section]] = {
    name: kind
    for name, kind in get_type_hints(Scenario).items()
    if name in ["population", "world", "effort", "gate", "search", "money", "learning", "turnover"]
}
"""The sections whose numbers the rules of the core read, under the same names."""

TIMED: dict[str, About] = {
    name: about
    for section in RULES.values()
    for name, (kind, about) in section.parameters().items()
    if kind in (Rate, Span)
}
"""Those of them that carry a unit of time."""


def constants(scenario: Scenario) -> Any:
    """Returns the one record of numbers that the core's rules read, converted to one step."""
    values = _converted(scenario)
    step = scenario.time.step
    tries = max(1, int(np.ceil(values["expert_problems"])))
    values |= {
        "months": scenario.months,
        "modular": float(np.exp(-scenario.world.integrality)),
        "month": MONTH.steps(step),
        "three_months": THREE_MONTHS.steps(step),
        "year": YEAR.steps(step),
        "expert_problems": tries,
        "expert_pace": values["expert_problems"] / tries,
        "prize_purse": values["prize"],
        "prize": scenario.money.prize.flow(MONTH),
        "staff_cost": values["wage"] * scenario.search.staff,
    }
    kinds = "".join("i" if isinstance(value, int) else "f" for value in values.values())
    return np.array([tuple(values.values())], record(tuple(values), kinds))


def _converted(scenario: Scenario) -> dict[str, Any]:
    """Returns the numbers of the rules' sections, rates and spans converted to a step."""
    values: dict[str, Any] = {}
    for section in RULES:
        values |= msgspec.structs.asdict(getattr(scenario, section))
    return values | {name: per_step(values[name], about, scenario) for name, about in TIMED.items()}


def per_step(value: Any, about: About, scenario: Scenario) -> float:
    """Returns a parameter as a number of one step of the scenario."""
    if isinstance(value, Rate):
        converted: float = getattr(value, about.each_step)(float(scenario.time.step))
        return converted
    if isinstance(value, Span):
        return value.steps(scenario.time.step)
    return value  # type: ignore[no-any-return]
