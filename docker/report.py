"""Report: what a run found, what became of every item, and where the time went."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from docker.follow import COLOURS, Run
from pipeline.core.text import printable
from pipeline.errors import CODES, PipelineError

Json = Mapping[str, Any]
Show = Callable[[str], Json]

MOST_ITEMS = 40
MOST_WORDS = 160
MOST_LABELS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All that a report rests on. Seconds of wall-clock time."""

    folder: Path
    submitted: Json
    status: Json
    run: Run
    before_s: float
    wall_s: float


def report(told: Told, show: Show, console: Console, page: Path) -> None:
    """Print the report, and say where its page lies."""
    items = told.submitted["items"]
    documents = {one["asset"]: _document(one["asset"], show) for one in items[:MOST_ITEMS] if one["asset"]}
    console.print()
    console.rule(_headline(told.status), style="dim")
    console.print(_items(told, documents))
    if len(items) > MOST_ITEMS:
        console.print(f"… and {len(items) - MOST_ITEMS} more: evidence status {told.status['batch']}", style="dim")
    console.print("Words and places are machine-made; nobody has reviewed them.\n", style="italic dim")
    console.print(_stages(told.status))
    console.print(_time(told))
    console.print(_next(told, documents, page))


def _document(asset: str, show: Show) -> Json:
    try:
        return show(asset)
    except PipelineError as err:
        return {"error": err.code, "enrichments": []}


def _headline(status: Json) -> Text:
    items, accounted = status["items"], status["accounted"]
    whole = items == accounted
    verdict = "every item accounted for" if whole else f"{items - accounted} items UNACCOUNTED FOR"
    return Text.assemble(
        (f"batch {status['batch']}", "bold"), f" · {items} items · ", (verdict, "green" if whole else "bold red")
    )


# --- item by item -------------------------------------------------------------------------------


def _items(told: Told, documents: Mapping[str, Json]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0), show_header=False)
    table.add_column(justify="right", style="dim")
    table.add_column(overflow="fold", max_width=34)
    table.add_column(overflow="fold")
    first: dict[str, int] = {}
    for one in told.submitted["items"][:MOST_ITEMS]:
        table.add_row(str(one["n"]), _name(told.folder, one["path"]), _found(one, documents, first))
    return table


def _name(folder: Path, path: str) -> Text:
    inside = Path(path)
    name = str(inside.relative_to(folder)) if inside.is_relative_to(folder) else inside.name
    return Text(printable(name), style="bold")


def _found(item: Json, documents: Mapping[str, Json], first: dict[str, int]) -> Text:
    asset = item["asset"]
    if asset is None:
        return _coloured("refused", f"refused · {_meaning(item['code'])}")
    if asset in first:
        return Text(f"the same bytes as item {first[asset]}: kept once, analysed once", style="dim")
    first[asset] = item["n"]
    lines = list(_lines(documents[asset]))
    return Text("\n").join(lines or [Text("nothing yet", style="dim")])


def _lines(document: Json) -> Iterator[Text]:
    if code := document.get("error"):
        yield Text(f"not shown: {_meaning(code)}", style="yellow")
    current = [one for one in document["enrichments"] if one["current"]]
    bodies = {one["kind"]: one["body"] for one in current if one["outcome"] == "done"}
    if facts := list(_facts(bodies.get("format", {}), bodies.get("probe", {}))):
        yield Text(" · ".join(facts), style="cyan")
    yield from _transcript(bodies.get("transcript", {}))
    yield from _translation(bodies.get("translation", {}))
    yield from _read(bodies.get("ocr", {}))
    yield from _seen([*bodies.get("objects", {}).get("objects", ()), *bodies.get("tags", {}).get("tags", ())])
    yield from _places(bodies.get("places", {}))
    said = set()
    for one in current:
        reached = (one["outcome"], one["code"])  # later stages take over an outcome: once is enough
        if one["outcome"] not in {"done", "not_applicable"} and reached not in said:
            said.add(reached)
            yield _coloured(one["outcome"], f"{one['outcome']} · {_meaning(one['code'])}")
    codes = {code for _, code in said}
    if gaps := {text for one in current if (text := _gap(one["coverage"], codes))}:
        yield Text(max(gaps), style="yellow")


def _some(*values: Any) -> Iterator[str]:
    shown: set[str] = set()
    for value in values:
        if value is not None and str(value) not in shown:
            shown.add(str(value))
            yield printable(str(value), limit=60)


def _facts(shape: Json, probe: Json) -> Iterator[str]:
    yield from _some(shape.get("media_type"))
    if (seconds := probe.get("duration_decoded")) is not None:
        yield f"{seconds:.1f} s"
    for one in [probe.get("picture") or {}, *probe.get("streams", ())]:
        if one.get("width") and one.get("height"):
            yield f"{one['width']} x {one['height']}"
    camera, created = probe.get("camera") or {}, probe.get("created_at") or {}
    yield from _some(created.get("value"), camera.get("make"), camera.get("model"))


def _transcript(body: Json) -> Iterator[Text]:
    segments = [one for one in body.get("segments", ()) if one["text"]]
    if not segments:
        return
    words = printable(" ".join(one["text"].strip() for one in segments), limit=MOST_WORDS)
    flags = sorted({flag for one in segments for flag in one["flags"]})
    doubt = f"  ({', '.join(flags)})" if flags else ""
    yield Text.assemble((f"{printable(str(body['language']))}  ", "dim"), f"“{words}”", (doubt, "yellow"))


def _translation(body: Json) -> Iterator[Text]:
    told = [one for one in body.get("segments", ()) if one["kind"] == "translation" and one["text"]]
    if told:
        words = printable(" ".join(one["text"].strip() for one in told), limit=MOST_WORDS)
        worst = "low" if any(one["reliability"] != "usable" for one in told) else "usable"
        yield Text.assemble(
            (f"{body['target']}  ", "dim"), f"“{words}”", (f"  (translated by a machine, {worst})", "dim")
        )


def _read(body: Json) -> Iterator[Text]:
    if lines := [one["text"] for one in body.get("regions", ()) if one["text"]]:
        yield Text.assemble(("read  ", "dim"), f"“{printable(' / '.join(lines), limit=MOST_WORDS)}”")


def _seen(things: list[Json]) -> Iterator[Text]:
    surest = sorted(things, key=lambda one: -one["score"])
    if names := list(dict.fromkeys(printable(str(one["label"]), limit=40) for one in surest))[:MOST_LABELS]:
        yield Text.assemble(("seen  ", "dim"), " · ".join(names))


def _places(body: Json) -> Iterator[Text]:
    claims, best = body.get("claims", ()), body.get("best") or {}
    chosen = best.get("claim")
    for one in [claims[chosen]] if isinstance(chosen, int) and chosen < len(claims) else claims[:1]:
        where = ", ".join(_some(one.get("name"), one.get("admin"), one.get("country")))
        yield Text.assemble(
            f"{one['lat']:.5f}, {one['lon']:.5f}",
            f"  {where}",
            (f"  ({one['source']}, ± {one['radius_m']:.0f} m)", "dim"),
        )


def _gap(coverage: Json | None, said: set[str]) -> str:
    if not coverage:
        return ""
    of, read = coverage["of"], coverage["read"]
    if of is not None and read < of:
        return f"only {read:g} of {of:g} {coverage['unit']} could be read"
    codes = {gap[2] for gap in coverage["gaps"]} - said
    return f"in part: {_meaning(min(codes))}" if codes else ""


def _meaning(code: str | None) -> str:
    return f"{CODES[code].meaning} ({code})" if code in CODES else printable(str(code))


def _coloured(outcome: str, text: str) -> Text:
    return Text(text, style=COLOURS.get(outcome, ""))


# --- in sum ------------------------------------------------------------------------------------


def _stages(status: Json) -> Table:
    present = {name for tally in status["outcomes"].values() for name in tally}
    names = [name for name in COLOURS if name in present]
    table = Table(box=None, pad_edge=False, title="Outcomes by stage", title_justify="left", title_style="bold")
    table.add_column("")
    for name in names:
        table.add_column(name, justify="right", header_style=COLOURS[name])
    for stage, tally in status["outcomes"].items():
        cells = [
            Text(str(tally[name]), style=COLOURS[name]) if name in tally else Text("·", style="dim") for name in names
        ]
        late = status["pending"].get(stage)
        table.add_row(stage, *cells, Text(f"{late} pending", style="bold red") if late else "")
    return table


def _time(told: Told) -> Table:
    run = told.run
    table = Table(box=None, pad_edge=False, title="\nWhere the time went", title_justify="left", title_style="bold")
    table.add_column("")
    table.add_column("seconds", justify="right")
    table.add_column("")
    rows = [("set-up, models, submit", told.before_s, ""), ("Airflow, start and stop", _airflow(told), "")]
    rows += [(one.task, one.seconds, f"{one.shards} shards" if one.shards > 1 else "") for one in run.tasks]
    rows.append(("between tasks", run.wall - run.busy, "scheduling"))
    longest = max(seconds for _, seconds, _ in rows) or 1
    for name, seconds, remark in rows:
        bar = Text("━" * max(1, round(30 * seconds / longest)), style="blue")
        table.add_row(name, f"{seconds:.1f}", bar + Text(f"  {remark}", style="dim"))
    table.add_row("in all", f"{told.wall_s:.1f}", "", style="bold")
    return table


def _airflow(told: Told) -> float:
    return max(0.0, told.wall_s - told.before_s - told.run.wall)


def _next(told: Told, documents: Mapping[str, Json], page: Path) -> Text:
    batch = told.status["batch"]
    lines = [f"evidence status {batch}"]
    lines += [f"evidence show {asset[:12]}" for asset in list(documents)[:1]]
    lines += [f"evidence search {word}" for word in _words(documents)][:1]
    lines += ["evidence audit --full", "make up    # Airflow's own pages"]
    text = Text("\nWhere to look next\n", style="bold")
    text.append(f"  {printable(str(page))}    # this report as a page, for you alone\n", style="not bold")
    for line in lines:
        text.append(f"  {'' if line.startswith('make') else '.venv/bin/'}{line}\n", style="not bold")
    return text


def _words(documents: Mapping[str, Json]) -> Iterator[str]:
    for document in documents.values():
        for one in document["enrichments"]:
            if one["kind"] == "transcript" and one["outcome"] == "done":
                heard = " ".join(part["text"] or "" for part in one["body"].get("segments", ()))
                yield from sorted(set(re.findall(r"[^\W\d_]{5,20}", heard)), key=len, reverse=True)
