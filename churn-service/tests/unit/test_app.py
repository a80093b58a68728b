import json
import socket
from pathlib import Path

import pytest

from churn_service.app import run


@pytest.mark.parametrize("exists", [True, False])
def test_a_model_root_that_is_not_there_is_said_and_a_taken_port_ends_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, exists: bool
) -> None:
    root = tmp_path if exists else tmp_path / "absent"
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(SystemExit, match=f"port {port} is taken; .*PORT="):
            run({"CHURN_MODEL_ROOT": str(root), "PORT": str(port)})
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    said = [(one["event"], one["level"], one["model_root"]) for one in events]
    assert said == ([] if exists else [("model.root_missing", "warning", str(root))])
