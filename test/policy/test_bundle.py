import hashlib
import json
import pickle
import shutil

import pytest
from helpers.robots import robot_yaml

from robot_learning.base.errors import BundleError, RobotLearningError
from robot_learning.policy import PolicyBundle, PolicyRunner
from robot_learning.policy.bundle import FILES, SUMS
from robot_learning.robot import RobotSpec


@pytest.fixture
def copy(bundle, tmp_path):
    return shutil.copytree(bundle.path, tmp_path / "bundle")


def resign(folder):
    sums = [f"{hashlib.sha256((folder / f).read_bytes()).hexdigest()}  {f}\n" for f in FILES]
    (folder / SUMS).write_text("".join(sums))


def rewrite(folder, **changes):
    manifest = json.loads((folder / "bundle.json").read_text()) | changes
    (folder / "bundle.json").write_text(json.dumps(manifest))
    resign(folder)


def test_a_bundle_loads_back(bundle, copy, arm6):
    again = PolicyBundle.load(copy)
    assert again.hash == bundle.hash and again.interface == bundle.interface
    again.check_robot(arm6)


@pytest.mark.parametrize("file", [*FILES, SUMS])
def test_a_flipped_byte_is_found(copy, file):
    content = bytearray((copy / file).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / file).write_bytes(bytes(content))
    with pytest.raises(BundleError, match=r"bundle"):
        PolicyBundle.load(copy)


@pytest.mark.parametrize("file", [*FILES, SUMS])
def test_a_missing_file_is_named(copy, file):
    (copy / file).unlink()
    with pytest.raises(BundleError, match=f"{file}: missing"):
        PolicyBundle.load(copy)


def test_a_pickle_inside_is_refused(copy):
    (copy / "model.pkl").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(BundleError, match="model.pkl"):
        PolicyBundle.load(copy)


def test_a_pickle_in_place_of_the_network_is_refused(copy, arm6):
    (copy / "policy.onnx").write_bytes(pickle.dumps({"a": 1}))
    resign(copy)
    with pytest.raises(BundleError, match="policy.onnx"):
        PolicyRunner(PolicyBundle.load(copy), arm6)


def test_a_newer_format_is_refused(copy):
    rewrite(copy, format=99)
    with pytest.raises(BundleError, match="format: 99.*upgrade"):
        PolicyBundle.load(copy)


def test_an_unknown_field_is_refused(copy):
    rewrite(copy, colour="red")
    with pytest.raises(BundleError, match="colour"):
        PolicyBundle.load(copy)


def test_no_folder_at_all(tmp_path):
    with pytest.raises(BundleError, match="no such bundle"):
        PolicyBundle.load(tmp_path / "nothing")


def test_another_robot_is_refused_with_what_differs(bundle, tmp_path):
    with pytest.raises(BundleError, match="joints"):
        PolicyRunner(bundle, RobotSpec.load("panda"))
    slower = robot_yaml(tmp_path, limits__elbow_joint={"velocity": 0.5})
    with pytest.raises(RobotLearningError, match="velocity"):
        PolicyRunner(bundle, RobotSpec.load(slower))


def test_a_network_of_another_size_is_refused(copy, arm6):
    manifest = json.loads((copy / "bundle.json").read_text())
    manifest["interface"]["observed"] = ["joint_position"]
    rewrite(copy, interface=manifest["interface"])
    with pytest.raises(BundleError, match="size"):
        PolicyRunner(PolicyBundle.load(copy), arm6)
