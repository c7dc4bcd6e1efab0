"""Styles with options, and levers that an experiment holds."""

import numpy as np
import pytest

import sim
from sim.core.inputs import LEVERS, Levers
from sim.design import Plan, scenario_of, style_of
from sim.design.arms import OWN, Arm, factory
from sim.styles import STYLES, Style

TINY = """
[fixed]
"population.people" = 60
"time.steps" = 12
"time.review" = 3
"world.ring" = 100
"world.pool" = 4
"search.expert_sample" = 3
"""


def test_without_styles__the_landmarks_are_compared(read):
    labels = [arm.label for arm in read().arms]
    assert labels == [name for name in STYLES if STYLES[name].decide is Style.decide]
    assert "explorer" not in labels


def test_a_label__shows_options_where_the_name_says_too_little(read):
    styles = (
        'styles = ["commons", "explorer", { name = "explorer", pace = 0.2 }, { name = "imitator" }]'
    )
    experiment = read(styles)
    assert [arm.label for arm in experiment.arms] == [
        "commons",
        "explorer",
        "explorer(pace=0.2)",
        "imitator",
    ]
    plan = Plan(experiment)
    assert style_of(plan, plan.run(2))().pace == 0.2
    assert plan.run(2).options == {"pace": 0.2}
    assert read('styles = [{ name = "explorer", pace = 0.2 }]').arms[0].label == "explorer"


@pytest.mark.parametrize(
    ("styles", "needles"),
    [
        ("[]", ["styles", "[]"]),
        ("3", ["styles", "3"]),
        ('["comons"]', ["styles.0", "did you mean 'commons'"]),
        ('["commons", "commons"]', ["each style once"]),
        ("[{ pace = 1 }]", ["styles.0", "a name"]),
        ('["mine.py"]', ["--plugin mine.py", "'mine'"]),
        ('[{ name = "commons", pace = 1 }]', ["styles.0.pace", "no options"]),
        ('[{ name = "explorer", pce = 1 }]', ["styles.0.pce", "did you mean 'pace'"]),
        ('[{ name = "explorer", pace = "a" }]', ["styles.0.pace", "a number", "'a'"]),
        ('[{ name = "explorer", pace = inf }]', ["styles.0.pace", "finite", "inf"]),
        ('[{ name = "explorer", pace = 1, pce = 2 }]\n[vary]\n"style.pace" = [1]', ["pce"]),
    ],
)
def test_styles__that_cannot_be_are_refused(refused, styles, needles):
    refused(f"styles = {styles}", "study.toml", *needles)


def test_options_and_levers__are_set_by_the_plan(read):
    text = 'styles = ["explorer"]\n[vary]\n"style.pace" = [0.1, 0.3]\n"lever.tools" = [0, 1]\n'
    plan = Plan(read(text + '[fixed]\n"lever.contest" = 0.5'))
    run = plan.run(3)
    assert run.values == {"style.pace": 0.3, "lever.tools": 1.0}
    assert run.options == {"pace": 0.3}
    style = style_of(plan, run)()
    assert (style.style.pace, style.levers.tools, style.levers.contest) == (0.3, 1.0, 0.5)


def test_an_option__must_be_one_of_every_style_and_said_once(refused):
    vary = '\n[vary]\n"style.pace" = [0.1]'
    refused(f'styles = ["explorer", "commons"]{vary}', "style.pace", "'commons'", "it has none")
    refused(f'styles = [{{ name = "explorer", pace = 1 }}]{vary}', "style.pace", "say it once")
    refused('styles = ["adaptive"]\n[vary]\n"style.pce" = [1]', "style.pce", "pace, trust")


def test_held_levers__are_held_through_a_whole_run(read):
    text = 'styles = ["adaptive", "commons"]\n[vary]\n"lever.control" = [0.15, 0.9]\n'
    plan = Plan(read(text + TINY))
    for index, name in [(0, "adaptive"), (1, "commons"), (2, "adaptive"), (3, "commons")]:
        planned = plan.run(index)
        run = sim.run(scenario_of(plan, planned), style_of(plan, planned), seed=1, rep=planned.rep)
        held = planned.values["lever.control"]
        assert run.styles == (name,)
        assert (run.companies["control"][1:] == held).all()
        free = set(np.unique(run.companies["transparency"][1:]))
        assert len(free) > 1 if name == "adaptive" else free == {STYLES[name].levers.transparency}


def test_a_style__answers_the_same_with_no_lever_held(read):
    plan = Plan(read('styles = ["adaptive"]\n' + TINY))
    planned = plan.run(1)
    world = scenario_of(plan, planned)
    ours = sim.run(world, style_of(plan, planned), seed=1, rep=planned.rep)
    assert ours.fingerprint() == sim.run(world, "adaptive", seed=1, rep=1).fingerprint()


def test_each_run__has_a_style_of_its_own(read):
    plan = Plan(read('styles = ["explorer"]'))
    start = style_of(plan, plan.run(0))
    assert start() is not start()


def test_factory__passes_a_wrong_answer_on_to_who_says_so():
    class Odd(Style):
        levers = Levers()

        def decide(self, report):
            return None

    held = factory(Arm("commons", "commons", {}), {}, {"tools": 1.0})()
    held.style = Odd()
    assert held.decide(None) is None


def test_a_world_of_own_styles__has_one_arm_without_a_style(read, refused):
    head = 'scenario = "mixed_market"\nseeds = 3\n'
    plan = Plan(read('[vary]\n"world.spillover" = [0, 1]', head=head))
    assert plan.experiment.arms == (OWN,)
    assert (len(plan), plan.n_styles, plan.run(0).style) == (6, 1, "")
    assert style_of(plan, plan.run(0)) is None
    refused('styles = ["commons"]', "a style of its own", head=head)
    refused('[vary]\n"lever.tools" = [1]', "would reach no company", head=head)
    precise = '[precise]\noutcome = "surplus"\nwidth = 1\nstyles = ["commons", "steward"]'
    refused(precise, "needs styles to compare", head=head)


def test_every_lever__may_vary(read):
    vary = "\n".join(f'"lever.{lever}" = [0.25]' for lever in LEVERS)
    plan = Plan(read(f'styles = ["commons"]\n[vary]\n{vary}'))
    levers = style_of(plan, plan.run(0))().levers
    assert {getattr(levers, lever) for lever in LEVERS} == {0.25}
