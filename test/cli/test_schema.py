import json

import jsonschema
import pytest
import yaml
from helpers.processes import ROOT

from robot_learning.base.settings import FOLDERS
from robot_learning.cli.schema import Kind, schema_of

FILES = [
    (kind, file)
    for kind in FOLDERS
    for file in sorted((ROOT / "config" / FOLDERS[kind]).glob("*.yaml"))
]


def test_every_kind_has_a_schema():
    assert {kind.value for kind in Kind} == set(FOLDERS)


@pytest.mark.parametrize("kind", FOLDERS)
def test_the_schema_files_are_what_the_loader_reads(kind):
    committed = json.loads((ROOT / f"config/schemas/{kind}.json").read_text(encoding="utf-8"))
    assert committed == schema_of(kind), "run: make schemas"
    jsonschema.Draft202012Validator.check_schema(committed)


@pytest.mark.parametrize(("kind", "file"), FILES, ids=lambda value: getattr(value, "stem", value))
def test_shipped_files_name_their_schema_and_keep_it(kind, file):
    text = file.read_text(encoding="utf-8")
    assert text.startswith(f"# yaml-language-server: $schema=../schemas/{kind}.json\n")
    jsonschema.validate(yaml.safe_load(text), schema_of(kind))


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("robot", {"urdf": "arm.urdf"}),
        ("task", {"task": "juggle"}),
        ("task", {"task": "reach", "colour": "red"}),
        ("train", {"algorithm": "dqn"}),
        ("shift", {"payloat": 1.0}),
        ("shift", {"grid": {"payload": 1.0}}),
    ],
)
def test_what_the_loader_refuses_the_schema_refuses(kind, data):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema_of(kind))


def test_a_train_schema_knows_what_is_other_for_a_task():
    good = yaml.safe_load((ROOT / "config/train/dagger.yaml").read_text(encoding="utf-8"))
    jsonschema.validate(good, schema_of("train"))
    good["tasks"]["reach"]["total_stepz"] = 5
    with pytest.raises(jsonschema.ValidationError, match="total_stepz"):
        jsonschema.validate(good, schema_of("train"))
