"""Files contrived to harm go through the line among sound ones: no harm, no leak, no stall, an outcome for each."""

import json
import socket
from pathlib import Path

from tests.hostile.campaign import NEIGHBOURS, Tally, alone, run
from tests.hostile.contrived import FILES, contrived
from tests.hostile.test_mutations import show_clean


def test_contrived_files_do_no_harm(testdata: Path, tmp_path: Path) -> None:
    neighbours = [testdata / one for one in NEIGHBOURS]
    known = alone(tmp_path / "alone", neighbours)
    place = tmp_path / "run"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/beacon"
        targets = [f"file://{place}/media/other.ts", address, str(place / "media/secret.txt"), "/etc/passwd"]
        files = contrived(tmp_path / "made", *targets)
        tally = Tally()
        run(tally, place, files, neighbours, known)
        try:
            listener.accept()
            tally.escapes.append("the address was called")
        except TimeoutError:
            pass

    print(json.dumps(tally.report(), indent=1))
    show_clean(tally)
    assert tally.files > len(FILES) > 40
    assert not Path("/tmp/slipped").exists()
