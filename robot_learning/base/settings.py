"""YAML files: find, parse and check one; every error is one line that names file and field."""

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from robot_learning.base.errors import ConfigError
from robot_learning.base.paths import config_dir

# The kinds of YAML files, and the folder below ``config/`` of those that are shipped.
FOLDERS = {
    "robot": "robots",
    "task": "tasks",
    "train": "train",
    "shift": "shift",
    "hardware": "hardware",
}


def _describe(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Put what a docstring says of each attribute into the JSON schema, for editors."""
    text, _, attributes = (model.__doc__ or "").partition("Attributes:")
    schema["description"] = " ".join(text.split())
    for name, words in re.findall(r"^ +(\w+): ((?:.|\n(?= {12}))+)", attributes, re.MULTILINE):
        if name in schema.get("properties", {}):
            schema["properties"][name]["description"] = " ".join(words.split())


class Section(BaseModel):
    """A part of a YAML file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", defer_build=True, json_schema_extra=_describe)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        unknown = [str(key) for key in data if key not in cls.model_fields] if _keyed(data) else []
        if unknown:
            known = list(cls.model_fields)
            raise PydanticCustomError("unknown", "", {"keys": unknown, "known": known})
        return data


Model = TypeVar("Model", bound=Section)


def shipped(kind: str) -> list[str]:
    """Return the names of the shipped files of a kind."""
    return sorted(path.stem for path in (config_dir() / FOLDERS[kind]).glob("*.yaml"))


def find(kind: str, name_or_path: str | Path, others: Iterable[str] = ()) -> Path:
    """Return the file, made absolute, of a shipped name or a path.

    Args:
        kind: a key of ``FOLDERS``.
        name_or_path: what the user said.
        others: names that stand for something without a file, for the error alone.

    Raises:
        ConfigError: with the names there are.
    """
    for path in (Path(name_or_path), config_dir() / FOLDERS[kind] / f"{name_or_path}.yaml"):
        if path.is_file():
            return path.resolve()
    names = [*others, *shipped(kind)]
    raise ConfigError(
        f"{kind} '{name_or_path}': no such file, and none that comes with the package"
        f"{_meant(str(name_or_path), names) or ': ' + ', '.join(names)}"
    )


def read(model: type[Model], path: Path) -> Model:
    """Read a YAML file and check it.

    Raises:
        ConfigError: naming the file, the field and what was expected.
    """
    return check(model, parse(path), path)


def parse(path: Path) -> dict[str, Any]:
    """Return the keys and values of a YAML file.

    Raises:
        ConfigError: naming the file and the line.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}: line {line}: not UTF-8; save the file as UTF-8") from error
    data = parse_text(text, str(path))
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: expected keys and values, as in 'key: value'")
    return data


def parse_text(text: str, where: str) -> Any:
    """Return what YAML says; unlike YAML 1.1, ``1e-3`` is a number.

    Raises:
        ConfigError: beginning with ``where``, naming the line.
    """
    try:
        return yaml.load(text, _Loader)  # a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f"line {mark.line + 1}: " if mark else ""
        said = " ".join(filter(None, (error.context, error.problem)))
        raise ConfigError(f"{where}: not valid YAML: {line}{said}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        said = " ".join(str(error).split())
        raise ConfigError(f"{where}: not valid YAML: {said}") from error


def check(model: type[Model], data: Any, where: Path | str) -> Model:
    """Return the data as ``model``.

    Raises:
        ConfigError: beginning with ``where``, naming the field and what was expected.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ConfigError(f"{where}: {explain(error)}") from error


def explain(error: ValidationError) -> str:
    """Return one line that names each wrong field and what was expected there."""
    lines: list[str] = []
    for item in error.errors():
        where = ".".join(str(part) for part in item["loc"] if part != "[key]")
        if item["type"] == "unknown":
            known = item["ctx"]["known"]
            for key in item["ctx"]["keys"]:
                name = f"{where}.{key}" if where else key
                meant = _meant(key, known) or f"; expected {', '.join(known)}"
                lines.append(f"{name}: unknown key{meant}")
        else:
            lines.append(f"{where}: {_said(item)}" if where else _said(item))
    return "; ".join(dict.fromkeys(lines))


def _said(item: Mapping[str, Any]) -> str:
    if item["type"] == "missing":
        return "missing"
    if item["type"] in ("model_type", "dict_type"):
        return f"expected keys and values{_given(item['input'])}"
    said = str(item["msg"]).removeprefix("Value error, ").replace("Input should be", "expected")
    return said if item["type"] == "value_error" else said + _given(item["input"])


def _given(value: Any) -> str:
    short = isinstance(value, bool | int | float | str | None) and len(repr(value)) <= 40
    return f", not {value!r}" if short else ""


def _meant(name: str, known: Iterable[str]) -> str:
    """Return a question for the name that was meant, or nothing where none is near."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f"; did you mean '{near[0]}'?" if near else ""


def _keyed(data: Any) -> bool:
    return isinstance(data, Mapping)


class _Loader(yaml.SafeLoader):
    """Reads 1e-3 as a number, and refuses a key that is given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    said = f"'{key.value}' is given twice"
                    raise yaml.MarkedYAMLError(problem=said, problem_mark=key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\d+(\.\d*)?|\.\d+)[eE][-+]?\d+$"),
    list("-+.0123456789"),
)
