"""The demo's processes: what a person's Ctrl-C, once or twice, leaves behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.processes import environment

from robot_learning.base.errors import RobotLearningError
from robot_learning.cli.session import run_session

ENTRY = """
import sys
from robot_learning.cli.entry import main
from robot_learning.base.interrupts import loading
with loading():
    print("begun", flush=True)
    sys.exit(main())
"""
SESSION = """
import sys
from pathlib import Path
from robot_learning.cli.session import run_session
bundle, out = map(Path, sys.argv[1:])
print("begun", flush=True)
run_session(bundle, "arm6", 100, 0, out, lambda n: print(n, flush=True))
"""


def popen(code, *arguments, cwd):
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # under nohup as well
    )


def running(word):
    """Return the processes whose command line holds ``word``."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word in file.read_text(errors="replace"):
                found.append(int(file.parent.name))
        except OSError:
            continue
    return [pid for pid in found if pid != os.getpid()]


@pytest.mark.parametrize("delay", [0.0, 1.0, 4.0])
def test_ctrl_c_while_modules_are_loaded_leaves_no_traceback(tmp_path, delay):
    process = popen(ENTRY, "demo", "--goals", 1, cwd=tmp_path)
    assert process.stdout.readline() == "begun\n"
    time.sleep(delay)
    for _ in range(2):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.2)
    _, said = process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGINT, 130) and "Traceback" not in said


BROKEN_OFF = [["SIGINT"], ["SIGINT", "SIGINT"], ["SIGTERM"], ["SIGHUP"], ["SIGKILL"]]


@pytest.mark.parametrize("signals", BROKEN_OFF, ids="-".join)
@pytest.mark.parametrize("word", ["begun", "1"])
def test_no_node_outlives_a_session_that_is_broken_off(tmp_path, bundle, word, signals):
    out = tmp_path / "session.json"
    process = popen(SESSION, bundle.path, out, cwd=tmp_path)
    while process.stdout.readline().strip() != word:
        assert process.poll() is None, process.stderr.read()
    for name in signals:
        os.killpg(process.pid, getattr(signal, name))
        time.sleep(0.2)
    process.communicate(timeout=60)
    assert process.returncode != 0
    while signals == ["SIGKILL"] and running(str(bundle.path)):
        time.sleep(0.1)  # The system tells the nodes, and those end by themselves.
    assert not running(str(bundle.path))


def test_a_node_that_can_not_start_ends_the_session_with_its_words(tmp_path):
    with pytest.raises(RobotLearningError, match="policy_node ended early: .*; see .*nodes.log"):
        run_session(Path("panda-reach"), "arm6", 1, 0, tmp_path / "session.json", lambda n: None)
    assert not running(str(tmp_path))
