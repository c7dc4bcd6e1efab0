"""What tests of the page share: a lab in a process of its own, and what its page shows."""

import json
import os
import signal
import subprocess
import sys
from collections import namedtuple

from sim.reading import load
from sim.simulation import Simulation
from sim.web.series import SERIES, measured

DESK, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
STYLES = ("directive", "contest", "commons", "steward")
NAMES = [series.name for series in SERIES]

STUDY = {
    "question": "Who does best?",
    "scenario": "default",
    "styles": ["directive", "commons", "steward"],
    "seeds": 6,
    "seed": 3,
    "outcomes": ["surplus", "quality", "profit"],
    "fixed": {"time.steps": 12},
    "vary": {"population.people": [100, 400], "world.trust_critical": [0.0, 1.0]},
    "figure": {"outcomes": ["surplus", "quality", "profit"], "x": "population.people"},
}

Lab = namedtuple("Lab", "url port process")


def start(*words, port=0):
    """Starts a lab by its command, in a process of its own."""
    command = [sys.executable, "-m", "sim", "lab", *map(str, words)]
    process = subprocess.Popen(
        [*command, "--no-browser", "--json", "--port", str(port)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DISPLAY": ""},
    )
    about = json.loads(process.stdout.readline())
    return Lab(about["url"], about["port"], process)


def stop(lab, number=signal.SIGTERM):
    lab.process.send_signal(number)
    lab.process.wait(90)
    lab.process.stdout.close()


def ready(page, step=0):
    """Waits until the page has drawn a step."""
    page.wait_for_function("n => Number(document.documentElement.dataset.step) >= n", arg=step)
    return page


def walk(page, steps):
    """Takes so many steps one by one, and waits until each is drawn."""
    first = step_of(page) + 1
    for step in range(first, first + steps):
        page.click("#step-once")
        ready(page, step)


def overhear(page):
    """From here on the page's `heard` has what it tells and is told, in order."""
    page.evaluate(
        """() => {
            const { line } = lab, { send, ears } = line, { message, frame } = ears;
            const listens = "heard" in globalThis;
            globalThis.heard = [];
            if (listens) return;
            line.send = function (one) { heard.push(one); return send.call(this, one); };
            ears.message = (one) => { heard.push(one); message(one); };
            ears.frame = (one) => {
                const { playing, moves } = one;
                heard.push({ is: "frame", playing, moves });
                frame(one);
            };
        }"""
    )


def pause(page):
    """Stops a run, unless it has ended, and waits until its last step is drawn.

    Returns how many frames came after the page said so and before it was answered.
    """
    overhear(page)
    page.evaluate("() => document.querySelector('#play').click()")
    page.wait_for_function(
        "() => lab.store.ended || heard.some((one) => one.is === 'frame' && !one.playing)"
    )
    kinds = page.evaluate("heard.map((one) => one.do ?? one.is)")
    if "pause" not in kinds:
        return 0
    return kinds[kinds.index("pause") : kinds.index("state")].count("frame")


def count_frames(page):
    """From here on the page's `frames` says how many it has taken in."""
    page.evaluate(
        "() => { const take = lab.store.take; globalThis.frames = 0; lab.store.take ="
        " function (frame) { globalThis.frames++; return take.call(this, frame); }; }"
    )


def step_of(page):
    return int(page.evaluate("lab.store.step"))


def rows(page):
    """What the charts show: (column, step, series), lists of numbers."""
    return page.evaluate(
        "() => Array.from({length: lab.store.nColumns}, (_, c) => Array.from({length: "
        "lab.store.nRows}, (_, r) => lab.store.about.series.map((_, s) => "
        "lab.store.line(c, s)[r])))"
    )


def headless(styles, people, steps, seed=1, scenario="open_source"):
    """The series (column, step, series) of the same runs without a lab."""
    world = load(scenario, [f"population.people={people}"])
    found = []
    for style in styles:
        simulation = Simulation(world, style, seed=seed)
        simulation.advance(steps)
        found.append(measured(simulation.history[: steps + 1], world).tolist())
    return found


def move(page, column, lever, value):
    """Moves a lever as a hand does: the slider goes there and is let go."""
    if page.get_attribute("#levers", "aria-expanded") == "false":
        page.click("#levers")
    page.eval_on_selector(
        f"#lever-{column}-{lever}",
        "(slider, value) => { slider.value = value;"
        " slider.dispatchEvent(new Event('input', {bubbles: true}));"
        " slider.dispatchEvent(new Event('change', {bubbles: true})); }",
        str(value),
    )
