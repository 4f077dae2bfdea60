import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import imageio.v2 as imageio
import pytest
from helpers.processes import cli, environment
from helpers.robots import robot_yaml, scripted_bundle

from robot_learning.base.errors import ConfigError
from robot_learning.cli.main import app


def test_help_names_every_verb(tmp_path):
    done = cli("--help", cwd=tmp_path)
    assert done.returncode == 0
    for verb in ("demo", "train", "evaluate", "export", "play", "record", "data"):
        assert verb in done.stdout


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["train", "--robot", "wallace"], "wallace"),
        (["train", "--task", "juggle"], "juggle"),
        (["train", "--config", "dreamer"], "dreamer"),
        (["train", "--set", "colour=red"], "colour"),
        (["train", "--resume", "nowhere"], "nowhere"),
        (["evaluate", "nowhere"], "nowhere"),
        (["export", "nowhere"], "nowhere"),
        (["play", "nowhere"], "nowhere"),
        (["play", "panda-push", "--task", "reach"], "--task goes with --expert"),
        (["evaluate", "panda-push", "--world", "gazebo"], "bullet, mujoco, ros"),
        (["evaluate", "panda-push", "--world", "ros", "--shift", "mild"], "no physics to vary"),
        (["play", "panda-push", "--world", "ros"], "has no picture"),
        (["evaluate", "panda-push", "--namespace", "left"], "need --world ros"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_1(tmp_path, arguments, named):
    done = cli(*arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error:") and named in done.stderr
    assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.glob("runs/*"))


def test_runs_in_a_file_and_a_display_that_does_not_answer_are_one_line(tmp_path, bundle):
    (tmp_path / "runs").write_text("")
    done = cli("train", "--robot", "arm6", "--runs", "runs", cwd=tmp_path)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert "--runs" in done.stderr and "Traceback" not in done.stderr
    done = cli("play", bundle.path, "--episodes", 1, cwd=tmp_path, DISPLAY=":99")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert "DISPLAY=:99: no X server answers there; a video is written instead" in lines
    assert lines[-1].startswith("error: ") and "runs" in lines[-1]


@pytest.mark.parametrize(
    ("option", "value"), [("--config", "sac"), ("--name", "other"), ("--runs", "elsewhere")]
)
def test_what_a_resumed_run_can_not_change_is_refused(option, value):
    with pytest.raises(ConfigError, match=option):
        app(["train", "--resume", "mine", option, value], standalone_mode=False)


def test_train_can_be_started_by_a_launch_file(tmp_path):
    code = "import sys; from robot_learning.cli.main import train_main; sys.exit(train_main())"

    def train(*arguments):
        return subprocess.run(
            [sys.executable, "-c", code, "--robot", "wallace", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env=environment(),
        )

    assert "wallace" in train("--ros-args").stderr
    assert "wallace" in train("--ros-args", "--").stderr
    done = train("--ros-args", "-r", "__node:=other")
    assert done.returncode == 2 and "__node:=other" in done.stderr


def test_evaluate_prints_success_with_its_interval(tmp_path, bundle):
    done = cli("evaluate", bundle.path, "--episodes", 10, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "100.0%" in done.stdout and "Wilson 72.2%" in done.stdout


def test_evaluate_runs_a_shipped_bundle_in_another_engine(tmp_path):
    done = cli("evaluate", "panda-reach", "--world", "mujoco", "--episodes", 2, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "mujoco" in done.stdout and "100.0%" in done.stdout


def test_evaluate_takes_a_robot_of_ones_own(tmp_path):
    robot = robot_yaml(tmp_path)
    mine = scripted_bundle(tmp_path / "bundle", robot)
    done = cli("evaluate", mine.path, "--robot", robot, "--episodes", 2, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = cli("evaluate", mine.path, "--robot", "panda", "--episodes", 2, cwd=tmp_path)
    assert done.returncode == 1 and "joints" in done.stderr


@pytest.mark.parametrize("world", ["bullet", "mujoco"])
def test_play_without_a_display_films_a_moving_arm(tmp_path, bundle, world):
    video = tmp_path / "out.mp4"
    env = {"DISPLAY": ""} if "DISPLAY" in os.environ else {}
    arguments = ["play", bundle.path, "--episodes", 1, "--video", video, "--world", world]
    done = cli(*arguments, cwd=tmp_path, **env)
    assert done.returncode == 0, done.stderr
    frames = imageio.mimread(video, memtest=False)
    assert len(frames) == 50
    assert abs(frames[0].astype(int) - frames[-1].astype(int)).mean() > 0.5


def test_ctrl_c_says_how_to_go_on_and_going_on_works(tmp_path):
    command = [sys.executable, "-m", "robot_learning.cli.main", "train", "--name", "mine"]
    settings = ["total_steps=900", "params.learning_starts=100", "net_arch=[16]"]
    settings += ["eval_episodes=2", "checkpoint_every=100000", "eval_every=400"]
    settings += ["final_episodes=3", "processes=2"]
    for setting in settings:
        command += ["--set", setting]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    curve = tmp_path / "runs/mine/curve.csv"
    while not list((tmp_path / "runs/mine/tensorboard").glob("events*")):
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    _, stderr = process.communicate(timeout=150)
    assert process.returncode == 130, stderr
    assert "--resume runs/mine" in stderr and "Traceback" not in stderr
    done = cli("train", "--resume", "runs/mine", "--set", "processes=1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert curve.read_text().splitlines()[-1].startswith("90")
    assert "success" in done.stdout


def left_of(group):
    """Return the process ids of a group that still run."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, of = file.read_text().rpartition(")")[2].split()[:3]
            if of == str(group) and state != "Z":
                found.append(file.parent.name)
    return found


@pytest.mark.parametrize("seconds", [0.3, 1.5, 4.0])
def test_ctrl_c_ends_an_attack_without_a_traceback_from_its_workers(tmp_path, seconds):
    command = [sys.executable, "-m", "robot_learning.cli.main", "safety", "fuzz", "arm6"]
    process = subprocess.Popen(
        command, cwd=tmp_path, start_new_session=True, stderr=subprocess.PIPE, env=environment()
    )
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode in (130, -signal.SIGINT)
    assert b"Traceback" not in stderr, stderr.decode()
    for _ in range(100):  # what it has left over is gone soon
        if not left_of(process.pid):
            return
        time.sleep(0.1)
    raise AssertionError(left_of(process.pid))


def test_a_run_is_not_overwritten(tmp_path):
    (tmp_path / "runs/mine").mkdir(parents=True)
    done = cli("train", "--name", "mine", cwd=tmp_path)
    assert done.returncode == 1 and "--resume" in done.stderr
