from helpers.processes import output

from robot_learning.base.compiled import compiled


@compiled
def doubled(value: float) -> float:
    """Return twice the value."""
    return 2.0 * value


def test_what_is_compiled_is_called_as_it_was_written():
    assert doubled(3.0) == 6.0 and doubled.__name__ == "doubled"


def test_numba_is_imported_by_the_first_call_and_not_before():
    said = output(
        "import sys\n"
        "import numpy as np\n"
        "from robot_learning.kinematics import differential, model\n"
        "print('numba' in sys.modules)\n"
        "J, ones = np.eye(3), np.ones(3)\n"
        "print(differential.home_motion(ones, J[:2], 0 * ones, ones).round(3).sum())\n"
        "print('numba' in sys.modules)\n"
        "print(type(differential.damped_step).__name__, type(model.tip_pose).__name__)\n"
    )
    lines = said.split("\n")
    assert lines[0] == "False" and lines[2] == "True"
    assert lines[1] == "-0.2"
    # What it calls, and who named it in other modules, go without a detour.
    assert lines[3] == "CPUDispatcher CPUDispatcher"


def test_what_is_imported_later_is_compiled_too():
    said = output(
        "import numpy as np\n"
        "from robot_learning.kinematics import differential\n"
        "differential.shorten(np.ones(2), np.ones(2))\n"
        "from robot_learning.safety import limits\n"
        "from robot_learning.base import compiled\n"
        "compiled.load_soon(lambda: None)\n"
        "import threading\n"
        "[thread.join() for thread in threading.enumerate() if thread.name == 'numba']\n"
        "named = [value for value in vars(limits).values() if hasattr(value, 'py_func')]\n"
        "print(len(named) > 2)\n"
    )
    assert said.strip() == "True"
