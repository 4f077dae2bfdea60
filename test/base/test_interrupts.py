"""What signals do to processes that are still loading, or clean up."""

import pytest
from helpers.processes import output

CODE = """
import multiprocessing, signal, time
from pathlib import Path
from robot_learning.base.interrupts import deaf

if __name__ == "__main__":
    context = multiprocessing.get_context("{way}")
    process = context.Process(target=time.sleep, args=(60,), daemon=True)
    with deaf():
        process.start()
    status = Path(f"/proc/{{process.pid}}/status").read_text()
    blocked = int(status.partition("SigBlk:")[2].split()[0], 16)
    print(bool(blocked & 1 << signal.SIGINT - 1))
    print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, set()))
    process.kill()
"""


@pytest.mark.parametrize("way", ["forkserver", "spawn"])
def test_the_first_process_that_is_started_deaf_is_deaf(way):
    assert output(CODE.format(way=way)).split() == ["True", "False"]


HANGUP = """
import os, signal
from robot_learning.base.interrupts import held, unwinding

signal.signal(signal.SIGHUP, signal.{before})
try:
    with unwinding(), held():
        os.kill(os.getpid(), signal.SIGHUP)
    print("went on")
except SystemExit as end:
    print(end.code)
"""


@pytest.mark.parametrize(("before", "said"), [("SIG_IGN", "went on"), ("SIG_DFL", "129")])
def test_a_hangup_ends_only_what_does_not_run_under_nohup(before, said):
    assert output(HANGUP.format(before=before)).strip() == said
