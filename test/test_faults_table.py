"""Each fault of the table has its test."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_test_that_the_table_names_is_there():
    table = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    named = re.findall(r"`(test_\w+)`", table)
    tests = "".join(
        file.read_text(encoding="utf-8") for file in (ROOT / "test" / "nodes").glob("*.py")
    )
    assert len(named) >= 25
    assert [name for name in named if f"def {name}(" not in tests] == []
