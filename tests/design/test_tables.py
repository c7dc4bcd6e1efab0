"""Points that a user lists arrive as they are, or are refused by their lines."""

import pytest

from sim.design import Plan, read_experiment

TABLE = 'table = "points.csv"\n'


def plan_of(read, file, rows, head=TABLE):
    file(rows, "points.csv")
    return Plan(read(head))


def test_r2_a_table__is_a_design_without_a_product(read, file):
    header = "world.smoothness,world.drift,lever.tools,ties.kind\n"
    rows = "0,0.05 per month,1,none\n4,1 per year,0.5,small_world\n"
    plan = plan_of(read, file, header + rows)
    assert plan.n_points == 2
    assert plan.values(0) == {
        "world.smoothness": 0,
        "world.drift": "0.05 per month",
        "lever.tools": 1.0,
        "ties.kind": "none",
    }
    assert plan.columns == {
        "world.smoothness": int,
        "world.drift": str,
        "lever.tools": float,
        "ties.kind": str,
    }
    assert plan.scenario(1).ties.kind == "small_world"


def test_a_table__may_name_styles_and_only_their_options(read, file):
    plan = plan_of(read, file, "style,style.pace\ncommons,\nexplorer,0.3\nexplorer,0.1\n")
    assert (len(plan), plan.n_points, plan.n_styles) == (6, 3, 1)
    runs = [plan.run(i) for i in range(3)]
    assert [run.style for run in runs] == ["commons", "explorer", "explorer"]
    assert [run.options for run in runs] == [{}, {"pace": 0.3}, {"pace": 0.1}]
    assert runs[0].values == {}
    assert plan.columns == {"style.pace": float}


def test_q25_texts__are_never_altered(read, file):
    text = '\ufeff"companies.0.name","world.smoothness"\r\n007,4\r\nNA,4\r\nnull,4\r\n" x ",4\r\n'
    plan = plan_of(read, file, text)
    assert [plan.values(p)["companies.0.name"] for p in range(4)] == ["007", "NA", "null", " x "]


def test_numbers__are_exact(read, file):
    seeds = "population.people,world.uses\n60,0.1\n 61 ,1e3\n"
    plan = plan_of(read, file, seeds)
    assert list(plan.values(1).values()) == [61, 1000.0]
    assert plan.values(0)["world.uses"] == 0.1


def test_rows__may_stand_in_the_experiment_itself(read):
    plan = Plan(
        read('[table]\ncolumns = ["style", "world.pool"]\nrows = [["commons", 9], ["steward", 8]]')
    )
    assert plan.run(1).style == "steward"
    assert plan.run(1).values == {"world.pool": 8}


@pytest.mark.parametrize(
    ("rows", "needles"),
    [
        ("world.pool\n9\nx\n0\n", ["points.csv, line 3", "'x'", "points.csv, line 4", "[1, "]),
        ("world.pool\n9\n9.0\n", ["line 3", "a whole number", "9.0"]),
        ("world.pool\n9\n1_0\n", ["line 3", "'1_0'"]),
        ("lever.tools\n0.5\nnan\n.\n", ["line 3", "'nan'", "line 4", "'.'"]),
        ("lever.tools\n0.5\n1e400\n", ["line 3", "inf"]),
        ("lever.tools,world.pool\n0.5,\n", ["line 2", "the field is empty"]),
        ("world.pool\n9\n8\n9\n", ["line 4 is the same point as points.csv, line 2"]),
        ("lever.tools\n1\n1.0\n", ["line 3 is the same point"]),
        ("world.pol\n9\n", ["'world.pol'", "did you mean 'world.pool'"]),
        ("world.pool,world.pool\n9,9\n", ["'world.pool' more often"]),
        ("world.pool,\n9,9\n", ["must name every column"]),
        ("world.pool\n9,9\n", ["line 2", "2 fields for 1 columns"]),
        ("world.pool;world.ring\n9;900\n", ["points.csv, line 1", "commas", "semicolons"]),
        ("world.pool\tworld.ring\n9\t900\n", ["points.csv, line 1", "commas", "tabs"]),
        ("people\n9\n", ["'people'", "did you mean 'population.people'"]),
        ("Styles\ncommons\n", ["'Styles'", "did you mean 'style'"]),
        ("world.pool\n", ["one row or more"]),
        ("", ["one row or more"]),
        ("style\ncomons\n", ["line 2", "did you mean 'commons'"]),
        ("style,style.pace\ncommons,0.1\n", ["'style.pace'", "'commons'", "it has none"]),
        ("style,style.pce\nexplorer,0.1\n", ["'style.pce'", "pace"]),
        ("ties.file\nx.csv\n", ["'ties.file'", "[vary]"]),
        ('world.pool\n"9\n', ["points.csv, line 2"]),
        (b"world.pool\n\xe9\n", ["points.csv", "byte 11"]),
    ],
)
def test_a_table__with_mistakes_is_refused(refused, file, rows, needles):
    file(rows, "points.csv")
    refused(TABLE, "study.toml", *needles)


@pytest.mark.parametrize(
    ("text", "needles"),
    [
        ('table = "gone.csv"', ["gone.csv", "no such"]),
        ("table = 3", ["[table]", "3"]),
        ("[table]\nfile = 3", ["a text for its file", "3"]),
        ('[table]\nfil = "points.csv"', ["'fil'"]),
        ('[table]\ncolumns = ["world.pool"]', ["rows"]),
        ('[table]\ncolumns = ["world.pool"]\nrows = [9]', ["rows"]),
        ('[table]\ncolumns = ["world.pool"]\nrows = [["9"]]', ["row 1: ", "a whole number", "'9'"]),
        ('[table]\ncolumns = ["world.pool"]\nrows = [[9], [8, 7]]', ["row 2: has 2 fields"]),
        (
            '[table]\nfile = "points.csv"\ncolumns = ["world.pool"]\nrows = [[9]]',
            ["either file, or columns and rows"],
        ),
        ('table = "points.csv"\n[vary]\n"world.ring" = [900]', ["leave [vary]"]),
        ('table = "points.csv"\n[vary]\n"world.pool" = [9]', ["[vary] and in [table]"]),
        (
            'styles = ["commons"]\n[table]\ncolumns = ["style"]\nrows = [["commons"]]',
            ["leave styles"],
        ),
    ],
)
def test_a_table__of_another_form_is_refused(refused, file, text, needles):
    file("world.pool\n9\n", "points.csv")
    refused(text, *needles)


def test_many_mistakes__are_counted(refused, file):
    file("world.pool\n" + "x\n" * 1000, "points.csv")
    assert len(refused(TABLE, "and 980 more mistakes").splitlines()) == 21


def test_a_tables_file__is_found_beside_the_experiment(file):
    file("world.pool\n9\n8\n", "data/points.csv")
    path = file('scenario = "default"\n[table]\nfile = "points.csv"\n', "data/study.toml")
    assert Plan(read_experiment(path)).n_points == 2
