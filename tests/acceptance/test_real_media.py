"""Words are heard and places found on real media that are not in the repository, and outsiders can check the vault."""

from pathlib import Path

import ocfl
import pytest

from tests.service.conftest import Evidence, vault_bytes

pytestmark = pytest.mark.slow

MEDIA = (
    "speech/en/jfk.flac", "speech/fr/leopard_test_fr.wav", "speech/de/leopard_test_de.wav", "speech/ckb/S1_1000_50.wav",
    "speech/nospeech/alsa_noise.wav", "hostile/gps_aleppo_known.jpg", "hostile/gps_out_of_range.jpg",
    "photo_exif/me_Samsung_GT-I9000_Galaxy_S.jpg", "video/m3_sample_portrait.mp4", "hostile/hls_named.mp4",
)  # fmt: skip


def test_words_and_places_on_real_media(evidence: Evidence, testdata: Path, home: Path) -> None:
    items = evidence("submit", *(testdata / name for name in MEDIA), "--batch", "real").json["items"]
    asset = dict(zip(MEDIA, (one["asset"] for one in items), strict=True))
    status = evidence("process", "real").json

    def found(query: str, *more: object) -> list[str]:
        return list(dict.fromkeys(one["asset"] for one in evidence("search", query, *more).json["hits"]))

    def outcome(name: str, kind: str) -> tuple[str, str | None]:
        enrichments = evidence("show", asset[name]).json["enrichments"]
        return next((one["outcome"], one["code"]) for one in enrichments if one["kind"] == kind)

    assert status["accounted"] == status["items"] == len(MEDIA)
    assert found("fellow americans") == [asset["speech/en/jfk.flac"]]
    assert found("consulat") == [asset["speech/fr/leopard_test_fr.wav"]]
    assert found("raum wurde") == [asset["speech/de/leopard_test_de.wav"]]
    assert found("aleppo") == [asset["hostile/gps_aleppo_known.jpg"]]
    assert asset["hostile/gps_aleppo_known.jpg"] in found("", "--near", "36.2021,37.1343,1")
    assert asset["video/m3_sample_portrait.mp4"] in found("", "--near", "40.68,-74.5,1")
    assert outcome("speech/ckb/S1_1000_50.wav", "transcript")[0] == "unsupported"
    assert outcome("speech/nospeech/alsa_noise.wav", "transcript") == ("empty", "N-SPEECH-001")
    assert outcome("hostile/gps_out_of_range.jpg", "places") == ("empty", "N-PLACE-001")
    assert outcome("photo_exif/me_Samsung_GT-I9000_Galaxy_S.jpg", "places") == ("empty", "N-PLACE-001")  # 0, 0
    assert outcome("hostile/hls_named.mp4", "format") == ("refused", "E-MEDIA-003")

    before = vault_bytes(home)
    evidence("process", "real")
    assert vault_bytes(home) == before
    for root in ("objects", "registers"):
        assert ocfl.StorageRoot(root=str(home / "vault" / root)).validate()
    assert evidence("audit", "--full").json["findings"] == []
    assert evidence("verify-log").json["findings"] == []
