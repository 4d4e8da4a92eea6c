"""docs/evidence.md promises that a stranger needs forty lines and none of our code. Here is that stranger."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as live_settings

from kernel.sealing import seal_events
from tests.kernel.evidence import happened, issued
from tests.world import api

pytestmark = pytest.mark.django_db


@pytest.fixture
def strangers_script(tmp_path: Path) -> Path:
    """The Python program printed in the documentation, in a folder without our code."""
    text = (live_settings.BASE_DIR / "docs" / "evidence.md").read_text(encoding="utf-8")
    script = tmp_path / "verify.py"
    script.write_text(text.split("```python\n")[1].split("```")[0], encoding="utf-8")
    return script


def test_the_documented_program_verifies_a_certificate_and_refuses_a_forged_one(
    strangers_script: Path, settings: Any, tmp_path: Path
) -> None:
    settings.KEYS_DIR = tmp_path / "keys"
    for number in range(5):
        happened(number=number)
    seal_events()
    content = issued().file
    keys = tmp_path / "dawan-keys.json"
    keys.write_bytes(api().get("/api/v1/log/public-keys").content)

    def verify(text: str) -> subprocess.CompletedProcess[str]:
        file = tmp_path / "certificate.json"
        file.write_text(text, encoding="utf-8")
        command = [sys.executable, "-I", str(strangers_script), str(file), str(keys)]
        return subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)

    done = verify(content)
    assert done.returncode == 0, done.stderr
    assert "公交到站数据" in done.stdout

    document = json.loads(content)
    for forged in (
        content.replace("1200.00", "9200.00"),
        content.replace(document["inclusion"]["path"][0], "0" * 64),
        content.replace('"size":6', '"size":60'),
        content.replace(document["tree_head"]["statement"]["sealed_at"], "2020-01-01T00:00:00.000000Z"),
        content.replace(document["tree_head"]["statement"]["key_id"], "0" * 64),
    ):
        assert forged != content
        assert verify(forged).returncode != 0
