"""Geolocate: claims side by side, named, weighed; and no place where there is none."""

import dataclasses
import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.model import Asset, AssetId, Coverage, Enrichment, Kind, Maker, Outcome
from pipeline.core.ports import Gazetteer, Geographer, Known, MediaTools, Place
from pipeline.stages import all_stages
from pipeline.stages.base import Acquired, Job, Result
from pipeline.stages.geolocate import geolocate
from pipeline.tools import Tools, open_tools
from tests.stages.conftest import Line, _handed_over


@dataclass(kw_only=True)
class Atlas:
    """A geographer who knows one town, on a round Earth."""

    engine: str = "atlas"
    model: str = "one town"
    weights_sha256: str = ""
    provenance: str = "none"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    def nearest(self, lat: float, lon: float) -> Place | None:
        return Place(
            name="Aleppo", admin="Aleppo Governorate", country="Syria", lat=36.2021, lon=37.1343,
            distance_m=self.distance((lat, lon), (36.2021, 37.1343)),
        )  # fmt: skip

    def distance(self, a: tuple[float, float], b: tuple[float, float]) -> float:
        (lat, lon), (other_lat, other_lon) = ([math.radians(one) for one in point] for point in (a, b))
        half = (
            math.sin((lat - other_lat) / 2) ** 2
            + math.cos(lat) * math.cos(other_lat) * math.sin((lon - other_lon) / 2) ** 2
        )
        return 2 * 6_371_000 * math.asin(math.sqrt(half))


def _refuse(*_: Any, **__: Any) -> Any:
    raise AssertionError


def _enrichment(kind: Kind, body: Mapping[str, Any]) -> Enrichment:
    return Enrichment(
        asset=AssetId("0" * 64), kind=kind, maker=Maker(stage=str(kind), version=1), basis=(), outcome=Outcome.DONE,
        made_at="2026-01-01T00:00:00Z", body=body,
    )  # fmt: skip


def _locate(
    line: Line, raw: Mapping[str, str], *, gazetteer: Gazetteer | None = None, acquired: tuple[Acquired, ...] = (),
    geographer: Geographer | None = None, outside: bool = False, known: Mapping[Kind, Enrichment] | None = None,
    **bodies: Mapping[str, Any],
) -> Result:  # fmt: skip
    known = {**(known or {}), **{Kind(name): _enrichment(Kind(name), body) for name, body in bodies.items()}}
    known[Kind.PROBE] = _enrichment(Kind.PROBE, {"tags": {"raw": raw}, "created_at": None, "duration_decoded": None})
    stage = next(one for one in all_stages() if one.name == "geolocate")
    known = _handed_over(stage, known)
    job = Job(
        asset=Asset(id=AssetId("0" * 64), sha512="", bytes=1), path=line.folder, known=known, tools=line.tools,
        scratch=line.folder, limits={}, put=_refuse, derivative=_refuse, acquired=acquired, outside=outside,
    )  # fmt: skip
    return geolocate(job, geographer or Atlas(), gazetteer)


def placed(line: Line, file: Path, *, acquired: tuple[Acquired, ...] = ()) -> Enrichment:
    """Place a file by its own metadata, tracks, name and side-cars: without hearing or reading it first."""
    known = line.run(file, "probe")
    stage = next(one for one in all_stages() if one.name == "geolocate")
    before = {one.writes: known[one.name] for one in all_stages() if one.name in {"identify", "probe"}}
    asset = Asset(id=known["probe"].asset, sha512="", bytes=file.stat().st_size)
    return line._one(stage, asset, file, before, acquired)


def _exif(lat: float, lon: float, **more: str) -> dict[str, str]:
    tags = {"GPSLatitude": str(lat), "GPSLatitudeRef": "N", "GPSLongitude": str(lon), "GPSLongitudeRef": "E", **more}
    return {f"exiftool:GPS:{name}": value for name, value in tags.items()}


def _body(result: Result) -> dict[str, Any]:
    assert result.body is not None
    return result.body.model_dump(mode="json")


def test_no_position_is_an_answer(line: Line) -> None:
    result = _locate(line, {"exiftool:IFD0:Make": "Canon"})
    assert (result.outcome, result.code, result.body) == ("empty", "N-PLACE-001", None)


def test_a_position_is_named_by_its_nearest_settlement(line: Line) -> None:
    (claim,) = _body(_locate(line, _exif(36.2101, 37.1343)))["claims"]
    assert (claim["name"], claim["country"], claim["source"]) == ("Aleppo", "Syria", "exif")
    (far,) = _body(_locate(line, _exif(36.9021, 37.1343)))["claims"]
    assert (far["name"], far["country"]) == (None, "Syria")
    (sea,) = _body(_locate(line, _exif(36.2021, 33.1343)))["claims"]
    assert (sea["name"], sea["country"]) == (None, None)


def test_two_sources_that_agree_support_each_other(line: Line) -> None:
    body = _body(_locate(line, {**_exif(36.2021, 37.1343), "ffprobe:format:location": "+36.2022+037.1343/"}))
    assert [one["agrees_with"] for one in body["claims"]] == [[1], [0]]
    assert [one["conflicts_with"] for one in body["claims"]] == [[], []]
    assert body["best"]["claim"] == 0


def test_equals_that_conflict_leave_the_choice_to_a_person(line: Line) -> None:
    body = _body(_locate(line, {**_exif(36.2021, 37.1343), "ffprobe:format:location": "+33.5138+036.2765/"}))
    assert [one["conflicts_with"] for one in body["claims"]] == [[1], [0]]
    assert body["best"] is None


def test_editing_programs_are_trusted_less_than_the_camera(line: Line) -> None:
    xmp = {"exiftool:XMP-exif:GPSLatitude": "33.5138", "exiftool:XMP-exif:GPSLongitude": "36.2765"}
    body = _body(_locate(line, {**_exif(36.2021, 37.1343), **xmp}))
    assert body["best"]["claim"] == 0
    assert any("conflict" in one for one in body["best"]["reasons"])


def test_a_receiver_without_a_fix_is_no_best_claim(line: Line) -> None:
    body = _body(_locate(line, _exif(36.2021, 37.1343, GPSStatus="V")))
    assert (body["claims"][0]["notes"], body["best"]) == (["void_fix"], None)


@pytest.mark.slow
def test_real_files_are_placed_within_ten_metres_and_never_out_of_nothing(line: Line, testdata: Path) -> None:
    found = missed = 0
    for one in json.loads((testdata / "MANIFEST.json").read_text())["files"]:
        truth = (one.get("ground_truth") or {}).get("gps", "unknown")
        if truth == "unknown" and one["path"] not in _IMPOSSIBLE:
            continue
        places = placed(line, testdata / one["path"])
        if not isinstance(truth, dict) or truth["lat"] == truth["lon"] == 0:
            assert places.code == "N-PLACE-001", one["path"]
            continue
        best = places.body["best"]
        claim = places.body["claims"][best["claim"]] if best else {"lat": math.nan, "lon": math.nan}
        near = abs(claim["lat"] - truth["lat"]) < 1e-4 and abs(claim["lon"] - truth["lon"]) < 1e-4
        found, missed = found + near, missed + (not near)
    print(
        f"positions: {found} of {found + missed} within 1e-4 degrees; no claim from {len(_IMPOSSIBLE)} impossible ones"
    )
    assert found >= 30
    assert missed <= 0.01 * (found + missed)


_IMPOSSIBLE = {"hostile/gps_out_of_range.jpg", "photo_exif/pillow_exif_gps.jpg", "photo_exif/pillow_empty_gps_ifd.jpg"}


@pytest.mark.slow
def test_a_known_place_has_its_name(line: Line, testdata: Path) -> None:
    (claim,) = placed(line, testdata / "hostile/gps_aleppo_known.jpg").body["claims"]
    assert (claim["lat"], claim["lon"]) == (36.2021, 37.1343)
    assert "Aleppo" in claim["name"]
    assert claim["country"].startswith("Syria")


# --- what is said, seen, and laid beside


def _said(*texts: str, language: str = "en") -> dict[str, Any]:
    segments = [
        {"text": text, "language": language, "start": 10.0 * at, "end": 10.0 * at + 5, "reliability": "usable"}
        for at, text in enumerate(texts)
    ]
    return {"language": language, "segments": segments}


def _acquired(filename: str | None, **sidecars: Path) -> tuple[Acquired, ...]:
    files = {name.replace("__", "."): path for name, path in sidecars.items()}
    return (Acquired(batch="b", n=3, facts={"filename": filename}, sidecars=files, mark="m"),)


@pytest.fixture
def gazetteer(line: Line) -> Gazetteer:
    engine = line.engines(Gazetteer)
    assert isinstance(engine, Gazetteer)
    return engine


def test_a_place_that_is_spoken_of_is_a_mention_with_all_its_times(line: Line, gazetteer: Gazetteer) -> None:
    transcript = _said("We came to Aleppo.", "It was cold.", "In Aleppo it snowed.")
    body = _body(_locate(line, {}, gazetteer=gazetteer, transcript=transcript))
    (claim,) = body["claims"]
    assert (claim["source"], claim["name"], claim["text"], claim["found_in"]) == (
        "mention", "Aleppo", "Aleppo", "transcript",
    )  # fmt: skip
    assert (claim["t"], claim["times"], claim["acquisition"]) == (0.0, [0.0, 20.0], None)
    assert claim["radius_m"] > 5000
    assert claim["confidence"] <= 0.35
    assert body["best"]["reasons"][0].startswith("only named")


def test_what_a_translation_repeats_is_no_second_witness(line: Line, gazetteer: Gazetteer) -> None:
    said = _said("وصلنا إلى حلب مساء", language="ar")
    translated = {
        "target": "en",
        "segments": [{"text": "We reached Aleppo and then Homs.", "start": 0.0, "kind": "translation"}],
    }
    claims = _body(_locate(line, {}, gazetteer=gazetteer, transcript=said, translation=translated))["claims"]
    assert [(one["name"], one["found_in"]) for one in claims] == [("Aleppo", "transcript"), ("Homs", "translation")]


def test_a_dictionary_gloss_places_nothing(line: Line, gazetteer: Gazetteer) -> None:
    gloss = {"target": "en", "segments": [{"text": "We reached Aleppo.", "start": 0.0, "kind": "gloss"}]}
    assert _locate(line, {}, gazetteer=gazetteer, translation=gloss).code == "N-PLACE-001"


def test_a_name_in_a_picture_is_a_sign(line: Line, gazetteer: Gazetteer) -> None:
    ocr = {"regions": [{"text": "مدينة حمص", "language": "ar", "t": 4.0}]}
    (claim,) = _body(_locate(line, {}, gazetteer=gazetteer, ocr=ocr))["claims"]
    assert (claim["source"], claim["name"], claim["t"]) == ("sign", "Homs", 4.0)


def test_coordinates_in_figures_are_written_wherever_they_stand(line: Line) -> None:
    ocr = {"regions": [{"text": "٣٦٫٢٠٢١، ٣٧٫١٣٤٣", "language": "ar", "t": None}]}
    (claim,) = _body(_locate(line, {}, ocr=ocr))["claims"]
    assert (claim["lat"], claim["lon"], claim["source"], claim["text"]) == (
        36.2021, 37.1343, "written", "٣٦٫٢٠٢١، ٣٧٫١٣٤٣",
    )  # fmt: skip


def test_two_numbers_that_nothing_calls_a_position_are_a_hint_and_never_the_place(
    line: Line, gazetteer: Gazetteer
) -> None:
    said = _said("We are in Damascus.", "They are 36.2021, 37.1343.", "GPS 36.2021, 37.1344")
    body = _body(
        _locate(line, {}, gazetteer=gazetteer, transcript=_said("We are in Damascus.", "It is 36.2021, 37.1343"))
    )
    name, bare = sorted(body["claims"], key=lambda one: one["source"])
    assert (bare["source"], bare["confidence"], bare["notes"]) == ("written", 0.2, ["decimal", "bare"])
    assert body["best"] is None or body["claims"][body["best"]["claim"]] == name
    labelled = _body(_locate(line, {}, gazetteer=gazetteer, transcript=said))
    assert labelled["claims"][labelled["best"]["claim"]]["text"] == "36.2021, 37.1344"
    assert labelled["claims"][labelled["best"]["claim"]]["confidence"] == 0.5


def test_a_short_plus_code_is_read_beside_a_place_alone(line: Line, gazetteer: Gazetteer) -> None:
    claims = _body(_locate(line, {}, gazetteer=gazetteer, transcript=_said("It is at 642M+RP in Aleppo.")))["claims"]
    code = next(one for one in claims if one["source"] == "written")
    assert (code["lat"], code["lon"]) == pytest.approx((36.2021, 37.1343), abs=1e-4)


def test_a_name_is_never_chosen_over_a_fix(line: Line, gazetteer: Gazetteer) -> None:
    said = _said("We are in Damascus.", "Here in Damascus it rains.")
    body = _body(_locate(line, _exif(36.2021, 37.1343), gazetteer=gazetteer, transcript=said))
    fix, name = body["claims"]
    assert (body["best"]["claim"], fix["source"], name["source"]) == (0, "exif", "mention")
    assert (fix["conflicts_with"], name["conflicts_with"]) == ([1], [0])


def test_a_name_beside_a_receiver_without_a_fix_says_why_it_is_chosen(line: Line, gazetteer: Gazetteer) -> None:
    raw = _exif(36.2021, 37.1343, GPSStatus="V")
    body = _body(_locate(line, raw, gazetteer=gazetteer, transcript=_said("We are in Damascus today.")))
    assert body["claims"][body["best"]["claim"]]["source"] == "mention"
    assert any("no fix" in one for one in body["best"]["reasons"])


def test_two_places_that_are_named_do_not_contradict_each_other(line: Line, gazetteer: Gazetteer) -> None:
    body = _body(_locate(line, {}, gazetteer=gazetteer, transcript=_said("We drove from Aleppo to Damascus.")))
    assert [one["conflicts_with"] for one in body["claims"]] == [[], []]
    assert body["best"] is None


def test_what_one_name_may_mean_excludes_each_other(line: Line, gazetteer: Gazetteer) -> None:
    body = _body(_locate(line, {}, gazetteer=gazetteer, transcript=_said("They sailed to Tripoli in spring.")))
    assert len(body["claims"]) >= 2
    assert body["claims"][0]["conflicts_with"] == list(range(1, len(body["claims"])))
    assert all("ambiguous" in one["notes"] for one in body["claims"])
    assert body["best"] is None


def test_a_fix_in_a_country_tells_which_place_a_name_means(line: Line, gazetteer: Gazetteer) -> None:
    near = {**_exif(34.43, 35.85), "exiftool:XMP-photoshop:City": "Tripoli"}
    atlas = line.engines(Geographer)
    assert isinstance(atlas, Geographer)
    job_body = _body(_locate(line, near, gazetteer=gazetteer, geographer=atlas))
    assert [(one["source"], one["country"]) for one in job_body["claims"]] == [("exif", "Lebanon"), ("xmp", "Lebanon")]
    assert job_body["claims"][0]["agrees_with"] == [1]


def test_what_only_a_file_name_says_names_its_acquisition(line: Line, gazetteer: Gazetteer) -> None:
    body = _body(_locate(line, {}, gazetteer=gazetteer, acquired=_acquired("Aleppo_36.2021_37.1343.mp4")))
    assert {(one["source"], one["found_in"]) for one in body["claims"]} == {("filename", "filename")}
    assert all(one["acquisition"] == {"batch": "b", "n": 3} for one in body["claims"])
    assert {one["lat"] for one in body["claims"]} >= {36.2021}


def test_a_file_name_of_a_camera_says_nothing(line: Line, gazetteer: Gazetteer) -> None:
    for name in ("IMG_20180725_163423.jpg", "VID-20240101-WA0012.mp4", "DSC00012.JPG", "clip.mov", "نسخة.jpg", ""):
        assert _locate(line, {}, gazetteer=gazetteer, acquired=_acquired(name)).code == "N-PLACE-001", name


def test_the_side_car_of_a_drone_is_a_track_of_its_acquisition(line: Line, tmp_path: Path) -> None:
    blocks = [
        f"{at + 1}\n00:00:{at:02},000 --> 00:00:{at:02},033\n[latitude: {36.2 + at / 1000:.6f}] [longitude: 37.10]\n"
        for at in range(30)
    ]
    (tmp_path / "a").write_text("\n".join(blocks))
    body = _body(_locate(line, {}, acquired=_acquired(None, DJI_0001__SRT=tmp_path / "a")))
    first, last = body["claims"]
    assert (first["lat"], first["t"], first["source"]) == (36.2, 0.0, "sidecar")
    assert (last["lat"], last["t"]) == (36.229, 29.0)
    assert first["acquisition"] == last["acquisition"] == {"batch": "b", "n": 3}
    assert (first["conflicts_with"], last["agrees_with"]) == ([], [])
    assert (first["track"]["count"], len(first["track"]["fixes"])) == (30, 2)
    assert first["track"]["length_m"] == pytest.approx(29 * 111.2, rel=0.01)


def test_a_claim_on_the_way_of_a_track_agrees_with_it(line: Line, tmp_path: Path) -> None:
    (tmp_path / "a").write_text(
        '<gpx><trk><trkseg><trkpt lat="36.0" lon="37.0"/><trkpt lat="36.1" lon="37.1"/><trkpt lat="36.2" lon="37.0"/>'
        "</trkseg></trk></gpx>"
    )
    body = _body(_locate(line, _exif(36.1, 37.1), acquired=_acquired(None, a__gpx=tmp_path / "a")))
    assert body["claims"][0]["agrees_with"] == [1, 2]


def test_hundreds_of_claims_are_capped_and_said(line: Line) -> None:
    rows = "; ".join(f"({36 + at / 1000:.4f}, {37 + at / 1000:.4f})" for at in range(400))
    started = time.perf_counter()
    body = _body(_locate(line, _exif(36.2021, 37.1343), transcript=_said(rows)))
    assert (len(body["claims"]), body["left_out"]) == (100, 301)
    assert body["claims"][0]["source"] == "exif"
    assert time.perf_counter() - started < 10


def test_a_server_is_asked_only_where_the_conditions_allow_it(line: Line) -> None:
    said = _said("They come from the village of Qorbash Tahtani.")
    server = _Server()
    assert _locate(line, {}, gazetteer=server, transcript=said).code == "N-PLACE-001"
    assert server.asked == []
    (claim,) = _body(_locate(line, {}, gazetteer=server, transcript=said, outside=True))["claims"]
    assert (server.asked, claim["source"], claim["name"]) == (["Qorbash Tahtani"], "geocoder", "Qorbash")


@dataclass(kw_only=True)
class _Server(Atlas):
    """A gazetteer that knows nothing and may ask."""

    asks: bool = True
    asked: list[str] = field(default_factory=list)

    def look_up(self, names: Any) -> Mapping[str, tuple[Known, ...]]:
        assert names
        return {}

    def ask(self, name: str, language: str | None) -> tuple[Known, ...]:
        assert language == "en"
        self.asked.append(name)
        return (
            Known(id="geocoder:node/1", name="Qorbash", kind="village", parent=None, country="SY", lat=36.4, lon=37.0,
                  radius_m=900, population=0, main=True, own=False),
        )  # fmt: skip


@pytest.mark.slow
def test_the_track_of_a_camera_in_flight(line: Line, testdata: Path) -> None:
    body = placed(line, testdata / "video/gopro_karma.mp4").body
    (claim,) = body["claims"]
    assert (claim["source"], claim["lat"], claim["lon"], claim["t"]) == ("gps_track", 33.1253807, -117.3310746, 0.0)
    assert (claim["country"], claim["name"]) == ("United States", "Carlsbad")
    track = claim["track"]
    assert (track["count"], track["strays"], track["jumps"]) == (12, 0, [])
    assert track["fixes"][-1] == {"lat": 33.1259641, "lon": -117.3314479, "t": 11.011}
    assert body["best"]["claim"] == 0


READ = Coverage(unit="seconds", of=60.0, read=60.0)


def _ended(kind: Kind, outcome: Outcome, code: str | None, coverage: Coverage | None) -> Enrichment:
    return dataclasses.replace(_enrichment(kind, {}), outcome=outcome, code=code, coverage=coverage)


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (_ended(Kind.TRANSCRIPT, Outcome.DONE, None, READ), []),
        (_ended(Kind.TRANSCRIPT, Outcome.DONE, None, dataclasses.replace(READ, gaps=((40.0, 60.0, "E-MEDIA-007"),))),
         ["E-MEDIA-007"]),
        (_ended(Kind.TRANSCRIPT, Outcome.UNSUPPORTED, "U-LANG-001", READ), ["U-LANG-001"]),
        (_ended(Kind.TRANSCRIPT, Outcome.REFUSED, "E-MEDIA-002", None), ["E-MEDIA-002"]),
        (_ended(Kind.TRANSCRIPT, Outcome.EMPTY, "N-SPEECH-001", READ), []),
        (_ended(Kind.TRANSCRIPT, Outcome.NOT_APPLICABLE, "N-MEDIA-001", None), []),
        (_ended(Kind.OCR, Outcome.EMPTY, "N-TEXT-001", dataclasses.replace(READ, read=40.0)), ["E-MEDIA-007"]),
    ],
)  # fmt: skip
def test_words_that_nobody_read_may_have_named_a_place(line: Line, words: Enrichment, left: list[str]) -> None:
    for raw in ({}, _exif(36.2021, 37.1343)):
        found = _locate(line, raw, known={words.kind: words}).coverage
        assert found is not None
        assert [why for _, _, why in found.gaps] == left
        assert found.partial is bool(left)


@pytest.mark.slow
def test_a_video_whose_track_cannot_be_read_keeps_the_rest(line: Line, testdata: Path) -> None:
    small = line.settings.model_copy(update={"limits": line.settings.limits.model_copy(update={"answer_bytes": 600})})
    cut = dataclasses.replace(line, tools=_OnlyTrack(open_tools(small), line.tools))
    places = placed(cut, testdata / "video/gopro_karma.mp4")
    assert places.code == "N-PLACE-001"
    assert places.coverage is not None
    assert [code for _, _, code in places.coverage.gaps] == ["E-MEDIA-004"]
    assert places.coverage.partial


class _OnlyTrack:
    """Tools whose track alone is bounded more tightly."""

    def __init__(self, tight: Tools, tools: MediaTools) -> None:
        self._tools = tools
        self.track = tight.track

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tools, name)
