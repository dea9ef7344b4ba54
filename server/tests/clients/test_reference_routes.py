"""The route table that the Rust tests read is the one that the installed reference has."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
KEPT = HERE.parent / "it" / "reference" / "routes.tsv"


def test_every_route_of_this_version_is_in_the_table_that_is_kept(tmp_path):
    script = [sys.executable, HERE / "reference_routes.py", "--with-version"]
    printed = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, timeout=180, check=True).stdout
    version, *rows = printed.splitlines()

    kept = [line.split("\t") for line in KEPT.read_text().splitlines()]
    of_this_version = {(method, path) for method, path, _, versions in kept if version in versions.split(",")}

    assert {tuple(row.split("\t")[:2]) for row in rows} == of_this_version
