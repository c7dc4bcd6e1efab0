import json
import logging
import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path
from types import FunctionType

import numba
import numpy as np
import pytest

from sim.core import jit, wide

HELPER = """
from sim.core.jit import rule

FACTOR = 2.0


@rule
def scaled(x):
    return FACTOR * x


@rule
def trust(me):
    return me.trust


def add(total, part, m):
    @rule
    def both(me, w, i):
        return total(me, w, i) + w[i, m] * part(me)

    return both


@rule
def nothing(me, w, i):
    return 0.0
"""
ENTRY = """
from sim.core.helper import add, nothing, scaled, trust
from sim.core.jit import kernel

chain = add(add(nothing, trust, 0), trust, 1)


@kernel
def total(people, w):
    value = 0.0
    for i in range(len(people)):
        value += scaled(chain(people[i], w, i))
    return value


@kernel
def other(people, w):
    return 0.5
"""
SCRIPT = """
import json
import numpy as np
from sim.core import jit
from sim.core.entry import other, total
{before}
people = np.ones(3, np.dtype((np.record, [("trust", "f8"), ("company", "i4")])))
weights = np.ones((3, 2))
value = total(people, weights) + other(people, weights)
used = [] if jit.INTERPRETED else [total, other]
hits = sum(kernel.stats.cache_hits[s] for kernel in used for s in kernel.signatures)
print(json.dumps([value, hits, jit.CORE_HASH, len(jit.NOTICES)]))
"""


BESIDE = """
from sim.beside.helper import shifted
from sim.core.helper import scaled
from sim.core.jit import kernel


@kernel
def both(x):
    return shifted(scaled(x))
"""
BESIDE_HELPER = """
from sim.core.jit import rule

SHIFT = 1.0


@rule
def shifted(x):
    return x + SHIFT
"""
BESIDE_SCRIPT = """
import json
from sim.core import jit
{before}
from sim.beside.entry import both
value = both(3.0)
hits = sum(both.stats.cache_hits[s] for s in both.signatures)
print(json.dumps([value, hits, jit.CORE_HASH, len(jit.NOTICES)]))
"""

LATER_SCRIPT = """
import json
from sim.core import jit
from sim.core.entry import other
value = other(1.0, 1.0)
{before}
from sim.beside.entry import both
value += both(3.0)
hits = sum(kernel.stats.cache_hits[s] for kernel in (other, both) for s in kernel.signatures)
print(json.dumps([value, hits, jit.CORE_HASH, len(jit.NOTICES)]))
"""


class Core:
    """A copy of what compiles with two small kernels, run in processes of its own."""

    def __init__(self, folder):
        self.source = folder / "package" / "sim" / "core"
        self.source.mkdir(parents=True)
        (self.source.parent / "__init__.py").touch()
        (self.source / "__init__.py").touch()
        for module in ("jit.py", "wide.py"):
            shutil.copy(jit.CORE / module, self.source)
        (self.source / "helper.py").write_text(HELPER)
        (self.source / "entry.py").write_text(ENTRY)
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.environment = {
            **os.environ,
            "COCREATE_CACHE_DIR": str(folder / "cache"),
            "TMPDIR": str(self.temporary),
            "NUMBA_DISABLE_JIT": "0",
            "PYTHONDONTWRITEBYTECODE": "1",  # which knows an edit by its second and its length
        }
        self.cache = folder / "cache" / "cocreate"

    def start(self, before="", script=SCRIPT, **environment):
        return subprocess.Popen(
            [sys.executable, "-c", script.format(before=before)],
            cwd=self.source.parent.parent,
            env={k: v for k, v in {**self.environment, **environment}.items() if v is not None},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, before="", script=SCRIPT, **environment):
        return self.result(self.start(before, script, **environment))

    def result(self, process):
        out, err = process.communicate()
        assert process.returncode == 0, err
        value, hits, code, notices = json.loads(out)
        assert err.count("\n") == notices
        return {"value": value, "hits": hits, "code": code, "notices": notices}

    def files(self):
        return sorted(self.cache.rglob("*.bin"))


@pytest.fixture
def core(tmp_path):
    return Core(tmp_path)


def test_kernel__is_read_back_by_the_next_process(core):
    first, second, plain = core.run(), core.run(), core.run(NUMBA_DISABLE_JIT="1")
    assert first == {"value": 12.5, "hits": 0, "code": first["code"], "notices": 0}
    assert second == {**first, "hits": 2}
    assert plain == first
    assert len(core.files()) == 2
    assert stat.S_IMODE(core.cache.stat().st_mode) == 0o700


def test_q05_edit__is_never_followed_by_old_machine_code(core):
    before = core.run()
    assert before["code"] == jit.source_digest(core.source)[:16]
    helper = core.source / "helper.py"
    helper.write_text(helper.read_text().replace("FACTOR = 2.0", "FACTOR = 4.00"))
    after = core.run()
    assert (before["value"], after["value"], after["hits"]) == (12.5, 24.5, 0)
    assert before["code"] != after["code"]
    assert len({file.parent for file in core.files()}) == 2


def test_q05_edit_after_the_start__keeps_nothing(core):
    edit = "(jit.CORE / 'helper.py').write_text('# not what was imported')"
    assert core.run(before=edit)["value"] == 12.5
    assert core.files() == []


@pytest.fixture
def beside(core):
    """A folder of the package beside the core, with a kernel on rules of its own and the core."""
    folder = core.source.parent / "beside"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "entry.py").write_text(BESIDE)
    (folder / "helper.py").write_text(BESIDE_HELPER)
    return folder


def test_kernel_beside_the_core__is_read_back_by_the_next_process(core, beside):
    first, second = (core.run(script=BESIDE_SCRIPT) for _ in range(2))
    assert (first["value"], first["hits"], second["hits"]) == (7.0, 0, 1)
    core.run()
    assert len({file.parent for file in core.files()}) == 2
    (core.source.parent / "elsewhere.py").touch()
    assert core.run(script=BESIDE_SCRIPT)["hits"] == 1


def test_q05_edit_beside_the_core__is_never_followed_by_old_machine_code(core, beside):
    core.run(script=BESIDE_SCRIPT)
    edits = [(beside, "SHIFT = 1.0", "SHIFT = 2.0"), (core.source, "FACTOR = 2.0", "FACTOR = 4.0")]
    for (folder, old, new), value in zip(edits, (8.0, 14.0), strict=True):
        helper = folder / "helper.py"
        helper.write_text(helper.read_text().replace(old, new))
        after = core.run(script=BESIDE_SCRIPT)
        assert (after["value"], after["hits"]) == (value, 0)
    assert core.run(script=BESIDE_SCRIPT)["hits"] == 1


@pytest.mark.parametrize("package", ["core", "beside"])
def test_q05_edit_beside_the_core_after_the_start__keeps_nothing(core, beside, package):
    edit = f"import sim.{package}.helper, pathlib; "
    edit += f"pathlib.Path(sim.{package}.helper.__file__).write_text('# not what was imported')"
    if package == "beside":  # whose digest is taken when its first kernel is met
        edit = f"import sim.beside.entry; {edit}"
    assert core.run(before=edit, script=BESIDE_SCRIPT)["value"] == 7.0
    assert core.files() == []


@pytest.mark.parametrize("package", ["core", "beside"])
def test_q05_edit_between_two_kernels__is_not_followed_by_old_machine_code(core, beside, package):
    """What is read after the edit is new, so the first kernel's look at the source is too old."""
    shutil.copy(core.source / "helper.py", core.source / "first.py")
    entry = core.source / "entry.py"
    entry.write_text(entry.read_text().replace("sim.core.helper", "sim.core.first"))
    if package == "core":  # all of it, so that both kernels are in one folder
        (core.source / "more").mkdir()
        for file in beside.iterdir():
            text = file.read_text().replace("sim.beside", "sim.core.more")
            (core.source / "more" / file.name).write_text(text)
    script = LATER_SCRIPT if package == "beside" else LATER_SCRIPT.replace("beside", "core.more")
    first, second = (core.run(script=script) for _ in range(2))
    assert (first["value"], first["hits"], second["value"], second["hits"]) == (7.5, 0, 7.5, 2)
    edit = "place = jit.CORE / 'helper.py'; "
    edit += "place.write_text(place.read_text().replace('FACTOR = 2.0', 'FACTOR = 4.0'))"
    edited = core.run(before=edit, script=script)
    assert (edited["value"], edited["hits"]) == (13.5, 1)


def test_q10_damaged_files__are_compiled_anew_and_mended(core):
    core.run()
    files = core.files()
    whole = [file.read_bytes() for file in files]
    flipped = bytearray(whole[0])
    flipped[len(flipped) // 2] ^= 1
    noise = np.random.default_rng(1).bytes(len(whole[0]))
    for damaged in ((noise, whole[1][:-100]), (bytes(flipped), whole[0])):
        for file, content in zip(files, damaged, strict=True):
            file.write_bytes(content)
        result = core.run()
        assert (result["value"], result["hits"], result["notices"]) == (12.5, 0, 0)
    assert core.run()["hits"] == 2


def test_q10_cold_starts__may_be_many_at_once(core):
    running = [core.start() for _ in range(3)]
    assert [core.result(process)["value"] for process in running] == [12.5] * 3
    assert len(core.files()) == 2
    assert core.run()["hits"] == 2
    assert [file for file in core.cache.rglob("*") if file.name.startswith(".")] == []


def test_q34_no_usable_folder__costs_one_notice(core, tmp_path):
    file = tmp_path / "file"
    file.touch()
    place = core.temporary / (f"cocreate-{os.getuid()}" if hasattr(os, "getuid") else "cocreate")
    homeless = {"COCREATE_CACHE_DIR": None, "XDG_CACHE_HOME": None, "HOME": str(file)}

    for environment in ({"COCREATE_CACHE_DIR": str(file)}, homeless):
        result = core.run(**environment)
        assert (result["value"], result["notices"]) == (12.5, 1)
    assert result["hits"] == 2  # both went to the private folder in the temporary folder
    assert stat.S_IMODE(place.stat().st_mode) == 0o700

    shutil.rmtree(place)
    place.symlink_to(tmp_path / "elsewhere")
    result = core.run(**homeless)
    assert (result["value"], result["hits"], result["notices"]) == (12.5, 0, 1)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system has no such permissions")
@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_private_folder__refuses_what_others_can_write(tmp_path, mode):
    folder = tmp_path / "cocreate"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(PermissionError, match="only its user can write"):
        jit.private_folder(folder)
    folder.chmod(0o755)
    assert jit.private_folder(folder) == folder


def test_private_folder__refuses_a_link(tmp_path):
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(PermissionError, match="only its user can write"):
        jit.private_folder(tmp_path / "link")


def test_delete_unused__keeps_what_is_young_or_not_ours(tmp_path):
    long_ago = time.time() - 91 * 86400
    for name in ("a" * 32, "b" * 32, "notes"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "code.bin").touch()
    os.utime(tmp_path / ("a" * 32), (long_ago, long_ago))
    os.utime(tmp_path / "notes", (long_ago, long_ago))
    jit.delete_unused(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b" * 32, "notes"]


def test_replace_file__leaves_nothing_behind_when_it_fails(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        jit.replace_file(tmp_path / "taken", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_source_digest__sees_names_and_bytes_but_not_line_ends(tmp_path):
    def digest(**files):
        folder = Path(tmp_path / str(len(list(tmp_path.iterdir()))))
        folder.mkdir()
        for name, content in files.items():
            (folder / f"{name}.py").write_bytes(content)
        (folder / "notes.txt").write_bytes(str(folder).encode())
        return jit.source_digest(folder)

    base = digest(a=b"x = 1\n", b=b"y = 2\n")
    assert base == digest(b=b"y = 2\r\n", a=b"x = 1\r\n")
    others = [
        digest(a=b"x = 1\n", b=b"y = 3\n"),
        digest(a=b"x = 1\n", c=b"y = 2\n"),
        digest(a=b"x = 1\ny = 2\n", b=b""),
        digest(a=b"x = 1\n"),
    ]
    assert len({base, *others}) == 5


def double(x):
    return 2.0 * x


@pytest.mark.skipif(jit.INTERPRETED, reason="nothing is compiled")
def test_machine_code__takes_eight_numbers_at_once_where_a_processor_can():
    @jit.kernel
    def double(numbers):
        for k in range(len(numbers)):
            numbers[k] = 2.0 * numbers[k]

    numbers = np.arange(20.0)
    double(numbers)
    assert numbers.tolist() == [2.0 * k for k in range(20)]
    (code,) = double.inspect_asm().values()
    assert ("zmm" in code) == wide.CAN  # registers of 512 bits


@pytest.mark.skipif(jit.INTERPRETED, reason="nothing is compiled")
def test_kernel__is_kept_only_if_the_digest_covers_it():
    def kept(file, name):
        function = FunctionType(double.__code__.replace(co_filename=str(file)), {}, "double")
        function.__qualname__ = name
        return isinstance(jit.kernel(function)._cache, jit.DiskCache)

    assert kept(jit.CORE / "jit.py", "double")
    assert kept(jit.CORE.parent / "errors.py", "double")
    assert not kept(jit.CORE / "jit.py", "<locals>.double")
    assert not kept(jit.CORE / "nowhere.py", "double")
    assert not kept(__file__, "double")


def test_keep_on_disk__leaves_an_unknown_numba_alone(monkeypatch, caplog):
    monkeypatch.setattr(jit, "NOTICES", [])

    class Compiled:
        _cache = object()

    compiled = Compiled()
    with caplog.at_level(logging.WARNING, logger="sim"):
        for _ in range(2):
            jit.keep_on_disk(compiled, len)
    assert not isinstance(compiled._cache, jit.DiskCache)
    assert len(caplog.records) == 1


@pytest.mark.skipif(jit.INTERPRETED, reason="nothing is compiled")
def test_kernel__is_not_called_by_compiled_code():
    """What is kept of it on disk lacks what a caller would take in."""

    @jit.kernel
    def inner(x):
        return x + 1.0

    @jit.kernel
    def outer(x):
        return inner(x)

    assert inner(1.0) == 2.0
    with pytest.raises(numba.errors.TypingError, match="entered from Python alone"):
        outer(1.0)


def test_without_warnings__lets_integers_overflow():
    @jit.without_warnings
    def wrap(x):
        return x * x

    assert wrap(np.uint64(2**63 + 1)) == 1
