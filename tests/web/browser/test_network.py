"""The tab Network: the same people at the same places under every style, as the runs have them."""

from pathlib import Path

import numpy as np
import pytest

from sim.reading import load
from sim.simulation import Simulation
from sim.web.assets import HERE
from sim.web.network import Network

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(Path(__file__).parent)
    from lab_bench import DESK, PHONE, STYLES, pause, ready, step_of, walk

AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"


def drawn(page, step=0):
    """Waits until the tab has drawn the network of a step."""
    page.wait_for_function("n => Number(document.documentElement.dataset.network) >= n", arg=step)
    return page


def looking(lab, visit, *size, steps=0, **how):
    """A page that shows the tab after so many steps."""
    page = ready(visit(lab.url, *size, **how))
    page.click("#network")
    walk(page, steps)
    return drawn(page, steps)


def alone(steps, style, scenario="open_source"):
    """The network of a run without a lab."""
    world = load(scenario, ["population.people=400"])
    simulation = Simulation(world, style)
    network = Network(simulation)
    simulation.advance(steps)
    return network.told([simulation], steps, True)


def cells(page):
    """The rows of the list, cell by cell."""
    return page.eval_on_selector_all(
        "#network-cells tbody tr",
        "rows => rows.map((row) => [...row.cells].map((c) => c.innerText))",
    )


def doing(fates, i):
    """What a person does, in the words of the list."""
    if fates["company"][i] < 0:
        return "has left" if fates["made"][i] else "outside"
    return "takes part" if fates["takes_part"][i] else "member"


def shares(rows, place):
    """The shares in a column of the list, all of which are shown as per cent."""
    return [float(row[place].removesuffix("\u202f%")) / 100 for row in rows]


def pixels(page):
    """The pictures, each as one long word."""
    return page.eval_on_selector_all(
        "#graphs canvas", "all => all.map((canvas) => canvas.toDataURL())"
    )


def looks(page, pictures):
    """Waits until the pictures are these."""
    page.wait_for_function(
        "all => [...document.querySelectorAll('#graphs canvas')]"
        ".every((canvas, n) => canvas.toDataURL() === all[n])",
        arg=pictures,
    )


def test_network__shows_what_the_runs_have(opening, visit):
    words = ("sharing_platform", "--people", 400, "--style", *STYLES)
    page, seen = looking(opening(*words), visit, steps=6), set()
    for column, style in enumerate(STYLES):
        page.select_option("#network-column", str(column))
        message = alone(6, style, "sharing_platform")
        layout, fates = message["layout"], message["columns"][0]
        page.select_option("#network-list", "people")
        shown = cells(page)
        assert [row[0] for row in shown] == [str(person) for person in layout["people"]]
        assert [row[2] for row in shown] == [str(degree) for degree in layout["degrees"]]
        does = [doing(fates, i) for i in range(len(shown))]
        assert [row[3] for row in shown] == does
        seen.update(does)
        member, part, left = map(does.count, ("member", "takes part", "has left"))
        assert page.locator("#graphs canvas").nth(column).get_attribute("aria-label") == (
            f"Network under {style} at step 6: of 300 people shown {member + part} are members, "
            f"{part} take part, {left} have left. The list has the numbers."
        )
        assert [row[4] for row in shown] == [str(made) for made in fates["made"]]
        members = [company >= 0 for company in fates["company"]]
        assert [row[5] != "\u2013" for row in shown] == members
        trust = shares([row for row, member in zip(shown, members, strict=True) if member], 5)
        assert trust == pytest.approx(np.array(fates["trust"])[members], abs=0.00501)
        page.select_option("#network-list", "problems")
        assert shares(cells(page), 1) == pytest.approx(fates["quality"], abs=0.00501)
        page.select_option("#network-list", "companies")
        assert cells(page)[0][1:] == [str(fates["members"][0]), str(fates["active"][0])]
    assert seen == {"takes part", "member", "has left", "outside"}
    assert page.locator("#graphs figure").count() == len(STYLES)
    assert len(set(pixels(page))) == len(STYLES)


def test_list__is_sorted_by_its_heads_and_choosing_marks_the_same_person_everywhere(lab, visit):
    page = looking(lab, visit, steps=12)
    before = pixels(page)
    head = page.locator("#network-cells th", has_text="Contributions")
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    made = [int(row[4]) for row in cells(page)]
    assert made == sorted(made, reverse=True)
    assert made[0] > 0
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert [int(row[4]) for row in cells(page)] == made[::-1]
    head.locator("button").click()

    page.focus("#network-cells .choice[tabindex='0']")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    person = cells(page)[1][0]
    assert page.locator("#network-cells .chosen .choice").inner_text() == person
    fares = page.locator(".fare").all_inner_texts()
    assert len(fares) == len(STYLES)
    assert all(fare.startswith(f"Person {person}: ") for fare in fares)
    assert f"Person {person}, main motive" in page.inner_text("#network-spoken")
    chosen = pixels(page)
    assert all(one != other for one, other in zip(before, chosen, strict=True))
    page.click("#network-nobody")
    assert pixels(page) == before
    assert page.locator("#network-cells .chosen").count() == 0


def inked(page, layout):
    """How far from paper the pictures are where people of each motive stand, on average."""
    return page.evaluate(
        """({ x, y, motives }) => {
            const [sum, n] = [0, 1].map(() => lab.store.about.motives.map(() => 0));
            for (const canvas of document.querySelectorAll("#graphs canvas")) {
                const { width, height } = canvas;
                const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
                motives.forEach((motive, i) => {
                    const left = Math.floor(x[i] * (width / 2 - 10) + width / 2);
                    const top = Math.floor(y[i] * (height / 2 - 10) + height / 2);
                    const [red, green, blue, seen] = data.subarray(4 * (top * width + left));
                    sum[motive] += seen * (1 - (red + green + blue) / 765);
                    n[motive]++;
                });
            }
            return sum.map((ink, motive) => ink / n[motive]);
        }""",
        {name: layout[name] for name in ("x", "y", "motives")},
    )


def test_motive__that_is_chosen_is_seen_alone_in_both_tabs(lab, visit):
    page = looking(lab, visit, steps=12)
    layout = alone(12, STYLES[0])["layout"]
    before, clear = inked(page, layout), pixels(page)
    page.focus("#network-legend button:nth-of-type(4)")
    page.keyboard.press("Enter")
    assert page.locator("#network-legend [aria-pressed=true]").all_inner_texts() == ["recognition"]
    after = inked(page, layout)
    assert after[3] == before[3]
    assert all(after[m] < before[m] - 2 for m in (0, 1, 2, 4))  # ties below them stay
    for canvas, style in zip(page.locator("#graphs canvas").all(), STYLES, strict=True):
        message = alone(12, style)
        fates, motives = message["columns"][0], message["layout"]["motives"]
        whose = [i for i, motive in enumerate(motives) if motive == 3]
        members = sum(fates["company"][i] >= 0 for i in whose)
        taking = sum(fates["takes_part"][i] for i in whose)
        left = sum(fates["made"][i] > 0 > fates["company"][i] for i in whose)
        assert canvas.get_attribute("aria-label").startswith(
            f"Network under {style} at step 12: of {len(whose)} people shown whose main motive is "
            f"recognition {members} are members, {taking} take part, {left} have left."
        )
    hushed = pixels(page)
    page.click("#compare")
    assert page.locator("#legend [aria-pressed=true]").all_inner_texts() == ["recognition"]
    page.click("#network")
    looks(page, hushed)
    page.click("#compare")
    page.click("#legend [aria-pressed=true]")
    page.click("#network")
    looks(page, clear)
    assert page.locator("#network-legend [aria-pressed=true]").count() == 0


def test_picture__is_where_a_person_can_be_chosen_too(lab, visit):
    page = looking(lab, visit)
    layout = alone(0, STYLES[0])["layout"]
    person = 7
    box = page.locator("#graphs canvas").nth(2).bounding_box()
    x = box["width"] / 2 + layout["x"][person] * (box["width"] / 2 - 10)
    y = box["height"] / 2 + layout["y"][person] * (box["height"] / 2 - 10)
    page.locator("#graphs canvas").nth(2).click(position={"x": x, "y": y})
    name = str(layout["people"][person])
    assert page.locator("#network-cells .chosen .choice").inner_text() == name
    row = page.locator("#network-cells .chosen").bounding_box()
    region = page.locator("#network-cells").bounding_box()
    assert region["y"] <= row["y"] <= region["y"] + region["height"]


def test_network__goes_on_while_it_plays_and_is_not_asked_for_when_out_of_sight(lab, visit):
    page = looking(lab, visit)
    page.evaluate(
        "() => { const send = lab.line.send; globalThis.asked = []; lab.line.send ="
        " function (command) { if (command.do === 'network') asked.push(performance.now());"
        " return send.call(this, command); }; }"
    )
    page.click("#play")
    page.wait_for_function("() => asked.length >= 6")
    assert np.diff(page.evaluate("asked")).min() > 300
    drawn(page, 20)
    page.click("#compare")
    page.wait_for_timeout(500)
    before = page.evaluate("asked")
    page.wait_for_timeout(1000)
    assert page.evaluate("asked") == before
    pause(page)
    page.click("#network")
    drawn(page, step_of(page))


def test_network__of_another_run_is_another(opening, visit):
    lab = opening("open_source", "--people", 300, "--style", "commons", "directive", "contest")
    page = looking(lab, visit, steps=1)
    before = cells(page)
    page.fill("#seed", "7")
    page.press("#seed", "Enter")
    page.wait_for_function("() => lab.store.settings.seed === 7 && lab.store.step === 0")
    page.wait_for_function("() => document.documentElement.dataset.network === '0'")
    assert cells(page) != before
    page.click("#compare")
    page.click("#remove-1")
    page.wait_for_function("() => lab.store.nColumns === 2")
    page.click("#network")
    page.wait_for_function("() => document.querySelectorAll('#graphs figure').length === 2")
    page.wait_for_function("() => document.querySelector('.fare').textContent !== ''")
    assert page.locator("#network-column option").all_inner_texts() == ["commons", "contest"]


def test_network__comes_back_with_the_line(lab, visit):
    page = looking(lab, visit, steps=2)
    page.click("#network-cells .choice[tabindex='0']")
    page.evaluate("() => lab.line.reopen()")
    page.wait_for_function("() => lab.line.socket?.readyState === WebSocket.OPEN")
    page.wait_for_timeout(300)
    page.click("#step-once")
    drawn(page, 3)
    assert page.locator("#network-cells .chosen").count() == 1


@pytest.mark.parametrize("size", [DESK, PHONE])
@pytest.mark.parametrize("styles", [STYLES[:2], STYLES, (*STYLES, "toolkit", "foundation")])
def test_network__has_no_sideways_scroll(opening, visit, size, styles):
    lab = opening("open_source", "--people", 400, "--style", *styles)
    page = looking(lab, visit, size, steps=3)
    for which in ("people", "problems", "companies"):
        page.select_option("#network-list", which)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= size["width"]
    widths = page.eval_on_selector_all("#graphs canvas", "all => all.map((c) => c.clientWidth)")
    assert len(widths) == len(styles)
    assert min(widths) > 180
    assert max(widths) - min(widths) <= 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe__finds_nothing_serious_in_the_network(lab, visit, scheme):
    if not AXE.is_file():
        pytest.skip("needs axe-core, which `make lab` fetches")
    page = looking(lab, visit, DESK, steps=3, color_scheme=scheme)
    page.evaluate(AXE.read_text())
    for which in ("problems", "companies", "people"):
        page.select_option("#network-list", which)
        if which == "people":
            page.click("#network-cells .choice[tabindex='0']")
        found = page.evaluate("async () => (await axe.run()).violations")
        grave = [one for one in found if one["impact"] in ("serious", "critical")]
        assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in grave] == []


def test_pictures__of_the_network_have_names(lab, visit):
    page = looking(lab, visit, steps=3)
    names = page.eval_on_selector_all(
        "#graphs canvas", "all => all.map((canvas) => canvas.getAttribute('aria-label'))"
    )
    for name, style in zip(names, STYLES, strict=True):
        assert name.startswith(f"Network under {style} at step ")
        assert "of 300 people shown" in name


def filled(page, layout):
    """How much of each problem's square is filled (column, problem), by its middle line."""
    return page.evaluate(
        """problems => [...document.querySelectorAll("#graphs canvas")].map((canvas) => {
            const { width, height } = canvas;
            const context = canvas.getContext("2d");
            const inner = 9;
            return problems.map(({ x, y }) => {
                const left = Math.round(x * (width / 2 - 10) + width / 2) - 3;
                const top = Math.round(y * (height / 2 - 10) + height / 2 - inner / 2);
                const { data } = context.getImageData(left, top, 1, inner);
                const full = Array.from({ length: inner }, (_, row) => data[4 * row] < 180);
                return full.filter(Boolean).length / inner;
            });
        })""",
        layout["problems"],
    )


def test_problems__are_as_full_as_their_solutions_are_good(lab, visit):
    page = looking(lab, visit, steps=12)
    fates = [alone(12, style)["columns"][0] for style in STYLES]
    qualities = np.array([fate["quality"] for fate in fates])
    seen = np.array(filled(page, alone(0, STYLES[0])["layout"]))
    assert np.ptp(qualities) > 0.3
    assert seen == pytest.approx(qualities, abs=0.15)


def test_company__looks_the_same_under_all_styles_and_like_no_motive(lab, visit):
    page = looking(lab, visit, steps=1)
    centres = page.eval_on_selector_all(
        "#graphs canvas",
        """all => all.map((canvas) => String(canvas.getContext("2d").getImageData(
            canvas.width / 2, canvas.height / 2, 1, 1).data))""",
    )
    assert centres == ["34,34,34,255"] * len(STYLES)
    shapes = "all => all.map((path) => path.getAttribute('d'))"
    motives = page.eval_on_selector_all("#network-legend button path", shapes)
    (company,) = page.eval_on_selector_all("#network-legend .company", shapes)
    assert len(motives) == 5
    assert company not in motives
