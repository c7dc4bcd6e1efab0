"""Whether two tables of results are equal, and where not."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim.errors import UserError
from sim.study_store.comparing import differences, read

NAN = float("nan")


def table(**changed):
    columns = {
        "run": [0, 1, 2],
        "style": ["a", "b", "c"],
        "error": [None, "no", None],
        "seconds": [0.1, 0.2, 0.3],
        "surplus": [1.0, NAN, 3.0],
        **changed,
    }
    return pa.table({name: column for name, column in columns.items() if column is not None})


def test_differences__are_none_of_equal_tables_whatever_the_time_runs_took():
    assert differences(table(), table(seconds=[9.0, 9.0, 9.0])) == []
    assert differences(table(), table().take([2, 0, 1])) == []
    assert differences(table(), pa.concat_tables([table().slice(0, 1), table().slice(1)])) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"surplus": [1.0, NAN, 3.0 + 2**-51]}, f"row 2: surplus is 3.0 and {3.0 + 2**-51!r}"),
        ({"surplus": [1.0, 2.0, 3.0]}, "row 1: surplus is nan and 2.0"),
        ({"surplus": [1.0, None, 3.0]}, "row 1: surplus is nan and None"),
        ({"style": ["a", "b", "d"]}, "row 2: style is 'c' and 'd'"),
        ({"error": [None, None, None]}, "error is string in the first, null in the second"),
        ({"error": ["x", "no", None]}, "row 0: error is None and 'x'"),
        ({"error": [None, "no", ""]}, "row 2: error is None and ''"),
        ({"surplus": [1, 2, 3]}, "surplus is double in the first, int64 in the second"),
        ({"surplus": None}, "only the first has the column 'surplus'"),
        ({"profit": [1.0, 2.0, 3.0]}, "only the second has the column 'profit'"),
    ],
)
def test_differences__name_row_column_and_both_values(changed, said):
    assert differences(table(), table(**changed)) == [said]


def test_differences__are_those_of_the_same_run():
    one = table().take([2, 1])
    assert differences(one, table()) == ["only the second has 1 rows, from row 0 on"]
    other = table(run=[0, 1, 7])
    assert differences(table(), other) == [
        "only the first has 1 rows, from row 2 on",
        "only the second has 1 rows, from row 7 on",
    ]


def test_differences__are_told_in_the_order_of_runs_and_not_all():
    n = 1000
    one = pa.table({"run": np.arange(n), "x": np.zeros(n), "y": np.zeros(n)})
    other = pa.table({"run": np.arange(n), "x": np.ones(n), "y": np.ones(n)})
    told = differences(one, other)
    assert told[:3] == [
        "row 0: x is 0.0 and 1.0",
        "row 0: y is 0.0 and 1.0",
        "row 1: x is 0.0 and 1.0",
    ]
    assert len(told) == 11
    assert told[-1] == "and more"


def test_differences__of_tables_without_runs_go_by_place():
    one = pa.table({"step": [0, 0, 1], "x": [1.0, 2.0, 3.0]})
    other = pa.table({"step": [0, 0, 1], "x": [1.0, 2.0, 4.0]})
    assert differences(one, one) == []
    assert differences(one, other) == ["row 2: x is 3.0 and 4.0"]
    assert differences(one, other.slice(0, 2)) == ["only the first has 1 rows, from row 2 on"]
    double = pa.table({"run": [0, 0, 1], "x": [1.0, 2.0, 3.0]})  # a row a step, say
    assert differences(double, double) == []


def test_differences__of_empty_tables_are_none():
    assert differences(table().slice(0, 0), table().slice(0, 0)) == []


def test_read__takes_a_file_or_the_folder_of_other_results(tmp_path):
    pq.write_table(table().replace_schema_metadata({"made": "here"}), tmp_path / "series.parquet")
    assert differences(read(tmp_path), table()) == []
    assert read(tmp_path).schema.metadata is None
    pq.write_table(table(run=[4, 5, 6]), tmp_path / "runs.parquet")
    assert read(tmp_path)["run"].to_pylist() == [4, 5, 6]
    assert read(tmp_path / "series.parquet")["run"].to_pylist() == [0, 1, 2]


def test_read__says_what_has_no_results(tmp_path):
    with pytest.raises(UserError, match="gone: there are no results"):
        read(tmp_path / "gone")
    with pytest.raises(UserError, match="there are no results"):
        read(tmp_path)
    (tmp_path / "runs.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(UserError, match=r"runs\.parquet: no Parquet file that can be read"):
        read(tmp_path)
