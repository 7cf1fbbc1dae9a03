"""Commands of finding: what a person may see, search and take along."""

import argparse
from pathlib import Path

from pipeline.commands.arguments import DONE, FINDINGS, Add, Answer, facet, limit, near, open_here
from pipeline.errors import Misconfigured

FORMATS = ("jsonl", "csv", "geojson", "gpx", "kml", "webvtt", "srt")
_ASSET = "its SHA-256, or a prefix that fits no other"


def add(add: Add) -> None:
    """Declare the commands."""
    one = add("show", "show all that is known of an asset", _show)
    one.add_argument("asset", metavar="ASSET", help=_ASSET)

    about = "find other copies of an asset: cut, mirrored, resized, coded anew, heard elsewhere"
    one = add("similar", about, _similar)
    one.add_argument("asset", metavar="ASSET", help=_ASSET)

    one = add("search", "find what was said, written or shown", _search)
    one.add_argument("query", metavar="QUERY", nargs="?", default="", help='words, "phrases", begin*, misspelt~')
    one.add_argument("--like", type=Path, metavar="FILE", help="assets like this picture or sound; it is not kept")
    one.add_argument("--language", metavar="L")
    one.add_argument("--media", choices=("image", "video", "audio"))
    one.add_argument("--field", metavar="F", help="transcript, translation, ocr, tags, objects, places …")
    one.add_argument("--tag", metavar="T")
    one.add_argument("--facets", action="store_true", help="count what is found by class, too")
    one.add_argument(
        "--facet", action="append", default=[], type=facet, metavar="NAME=CLASS", help="only what is of this class"
    )  # fmt: skip
    one.add_argument("--near", type=near, metavar="LAT,LON,KM")
    one.add_argument("--from", dest="since", metavar="T", help="received at or after this time")
    one.add_argument("--to", dest="until", metavar="T", help="received at or before this time")
    one.add_argument("--batch", metavar="REF")
    one.add_argument("--limit", type=limit, default=20, metavar="N")

    one = add("export", "hand material to somebody whom its conditions allow", _export)
    one.add_argument("assets", nargs="*", metavar="ASSET")
    one.add_argument("--batch", metavar="REF")
    one.add_argument("--format", required=True, choices=FORMATS)
    one.add_argument("--to", required=True, type=Path, metavar="DIR")
    one.add_argument("--recipient", required=True, metavar="NAME")

    one = add("report", "write a batch as one page to read: for you alone, with no network", _report)
    one.add_argument("batch", metavar="REF")
    one.add_argument("--to", required=True, type=Path, metavar="FILE")


def _show(args: argparse.Namespace) -> Answer:
    return open_here().finding.show(args.asset), DONE


def _similar(args: argparse.Namespace) -> Answer:
    return open_here().finding.similar(args.asset), DONE


def _search(args: argparse.Namespace) -> Answer:
    if args.like:
        if args.query:
            raise Misconfigured("--like goes without words", code="E-QUERY-001")
        return open_here().finding.like(args.like), DONE
    document = open_here().finding.search(
        args.query, language=args.language, media=args.media, tag=args.tag, near=args.near, since=args.since,
        until=args.until, batch=args.batch, limit=args.limit, field=args.field, narrow=dict(args.facet),
        facets=args.facets,
    )  # fmt: skip
    return document, DONE


def _export(args: argparse.Namespace) -> Answer:
    document = open_here().finding.export(
        args.assets, batch=args.batch, form=args.format, to=args.to, recipient=args.recipient
    )  # fmt: skip
    return document, FINDINGS if document["withheld"] else DONE


def _report(args: argparse.Namespace) -> Answer:
    return open_here().finding.report(args.batch, to=args.to), DONE
