import shutil

import pytest

from robot_learning.base.errors import BundleError
from robot_learning.base.paths import config_dir, find_bundle

SHIPPED = config_dir() / "policies/panda-reach"


def test_a_bundle_is_found_by_its_folder_by_its_runs_and_by_a_shipped_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(SHIPPED, "runs/mine/bundle")
    mine = tmp_path / "runs/mine/bundle"
    assert find_bundle("runs/mine") == find_bundle("runs/mine/bundle") == mine
    assert find_bundle("panda-reach") == SHIPPED.resolve()


def test_a_folder_at_hand_goes_before_a_shipped_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "panda-reach").mkdir()
    with pytest.raises(BundleError, match="panda-reach: holds neither"):
        find_bundle("panda-reach")


@pytest.mark.parametrize("given", ["", "panda-raech", "runs/none/bundle", "/none"])
def test_what_is_none_is_refused_with_the_shipped_names(given):
    with pytest.raises(BundleError, match=f"'{given}': .*panda-push, panda-reach,"):
        find_bundle(given)
