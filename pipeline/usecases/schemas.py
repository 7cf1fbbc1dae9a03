"""Schemas: the published shape of everything that is said of an asset, drawn from the models that say it."""

import sys
from collections.abc import Iterator
from typing import Any, get_args

from pipeline.core.body import Body
from pipeline.core.conditions import Conditions
from pipeline.core.judgement import State
from pipeline.core.model import Media, Outcome, Source
from pipeline.errors import CODES, Misconfigured
from pipeline.stages import all_stages
from pipeline.stages.base import Stage
from pipeline.usecases.documents import SCHEMA

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_NAME = {"type": "string"}
_MAYBE = {"type": ["string", "null"]}
_SHA256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_CODE = {"enum": [*sorted(CODES), None]}

Json = dict[str, Any]


def body_of(one: Stage) -> type[Body]:
    """Return the body that a stage writes: the one model in its module that is no part of another."""
    module = sys.modules[one.work.__module__]
    mine = [it for it in vars(module).values() if isinstance(it, type) and issubclass(it, Body) and it is not Body]
    parts = {part for model in mine for field in model.model_fields.values() for part in _models(field.annotation)}
    whole = [it for it in mine if it not in parts]
    whole = [it for it in whole if it.__module__ == module.__name__] or whole
    if len(whole) != 1:
        names = ", ".join(it.__name__ for it in whole) or "none"
        raise Misconfigured(
            f"stage {one.name!r} must have one body that is no part of another: {names}", code="E-CONF-007"
        )
    return whole[0]


def _models(annotation: Any) -> Iterator[type[Body]]:
    if isinstance(annotation, type) and issubclass(annotation, Body):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def schemas() -> dict[str, Json]:
    """Return every schema by its file name; those of older versions of a stage stay beside them."""
    found = {_body_file(one): _body(one) for one in all_stages()}
    found["enriched-1.json"] = _enriched()
    found["export-jsonl-1.json"] = _exported()
    found["export-manifest-1.json"] = _manifest()
    return found


def _body_file(one: Stage) -> str:
    return f"body-{one.writes}-{one.version}.json"


def _body(one: Stage) -> Json:
    model = body_of(one).model_json_schema(mode="serialization")
    title = f"The body of {one.writes}, as stage {one.name} version {one.version} writes it"
    return {"$schema": _DRAFT, "$id": _body_file(one), **model, "title": title}


def _object(members: Json, *, closed: bool = True, **more: Any) -> Json:
    """Every member is always there; absent is null."""
    shape: Json = {"type": "object", "required": list(members), "properties": members, **more}
    return {**shape, "additionalProperties": False} if closed else shape


def _array(of: Json) -> Json:
    return {"type": "array", "items": of}


def _enriched() -> Json:
    members = {
        "schema": {"const": SCHEMA},
        "asset": _SHA256,
        "sha512": {"type": "string", "pattern": "^[0-9a-f]{128}$"},
        "bytes": {"type": "integer", "minimum": 0},
        "media_type": _MAYBE,
        "media": {"enum": [str(one) for one in Media]},
        "acquisitions": _array({"$ref": "#/$defs/acquisition"}),
        "conditions": {"anyOf": [{"$ref": "#/$defs/conditions"}, {"type": "null"}]},
        "enrichments": _array({"$ref": "#/$defs/enrichment"}),
    }
    definitions = {
        "acquisition": _acquisition(), "conditions": _conditions(), "enrichment": _enrichment(),
        "maker": _maker(), "coverage": _coverage(), "derivative": _derivative(), "review": _review(),
    }  # fmt: skip
    title = "The enriched document: all that is known of an asset, as one person may see it"
    shape = {**_object(members), "properties": {**members, "quarantine": _quarantine()}}
    return {"$schema": _DRAFT, "$id": "enriched-1.json", "title": title, **shape, "$defs": definitions}


def _quarantine() -> Json:
    """What audits found wrong with it: there only while something is, and for who keeps or audits it."""
    return _array(_object({"code": {"enum": sorted(CODES)}, "at": _NAME}))


def _acquisition() -> Json:
    members = {
        "batch": _NAME, "n": {"type": "integer", "minimum": 1}, "source": {"enum": [*map(str, Source), None]},
        "provider": _MAYBE, "url": _MAYBE, "filename": _MAYBE, "received_at": _MAYBE,
        "extension_matches": {"type": ["boolean", "null"]},
    }  # fmt: skip
    withheld = {**_CODE, "description": "why members that are null may not be seen by this person"}
    shape = _object(members, closed=False)
    return {**shape, "properties": {**members, "withheld": withheld}}


def _conditions() -> Json:
    """Terms as they bind after all acquisitions are put together; persons named in them may be withheld."""
    names = [field.alias or name for name, field in Conditions.model_fields.items()]
    return {"type": "object", "properties": {**{name: {} for name in names}, "withheld": _CODE}}


def _enrichment() -> Json:
    members = {
        "id": _SHA256, "key": _SHA256, "asset": _SHA256, "kind": _NAME, "outcome": {"enum": [*map(str, Outcome)]},
        "code": _CODE, "reason": _MAYBE, "coverage": {"anyOf": [{"$ref": "#/$defs/coverage"}, {"type": "null"}]},
        "made_at": _NAME, "basis": _array(_SHA256), "facts": _array(_NAME),
        "of_acquisition": {"type": ["array", "null"], "prefixItems": [_NAME, {"type": "integer"}]},
        "supersedes": _array(_SHA256), "by": {"enum": ["machine", "person"]}, "reviewer": _MAYBE,
        "maker": {"$ref": "#/$defs/maker"}, "derivatives": _array({"$ref": "#/$defs/derivative"}),
        "body": {"type": "object"}, "current": {"type": "boolean"}, "flags": _array(_NAME),
        "review": {"anyOf": [{"$ref": "#/$defs/review"}, {"type": "null"}]},
    }  # fmt: skip
    coded = {
        "if": {"properties": {"outcome": {"const": "done"}}},
        "then": {"properties": {"code": {"type": "null"}}},
        "else": {"properties": {"code": _NAME}},
    }
    return {**_object(members), "allOf": [coded, *(_one_body(one) for one in all_stages())]}


def _one_body(one: Stage) -> Json:
    """A body has the shape that its maker's version published, unless it is empty or something was withheld."""
    maker = {"properties": {"stage": {"const": one.name}, "version": {"const": one.version}}}
    whole = {"minProperties": 1, "not": {"required": ["withheld"]}}
    return {
        "if": {"properties": {"kind": {"const": str(one.writes)}, "maker": maker, "body": whole}},
        "then": {"properties": {"body": {"$ref": _body_file(one)}}},
    }


def _maker() -> Json:
    members = {
        "stage": _NAME, "version": {"type": "integer"}, "engine": _MAYBE, "model": _MAYBE, "weights_sha256": _MAYBE,
        "provenance": _MAYBE, "parameters": {"type": "object"}, "environment": {"type": "object"},
    }  # fmt: skip
    return _object(members)


def _coverage() -> Json:
    gap = {"type": "array", "prefixItems": [{"type": "number"}, {"type": "number"}, {"enum": sorted(CODES)}]}
    number = {"type": "number", "minimum": 0}
    members = {"unit": _NAME, "of": {"type": ["number", "null"]}, "read": number, "gaps": _array(gap)}
    return _object({**members, "flags": _array(_NAME)})


def _derivative() -> Json:
    number = {"type": "integer", "minimum": 0}
    return _object(
        {"role": _NAME, "sha256": _SHA256, "bytes": number, "media_type": _NAME, "keep": {"type": "boolean"}}
    )


def _review() -> Json:
    """What persons made of a statement, value by value; ``complete``: nobody needs to look again."""
    state = {"enum": [str(one) for one in State]}
    value = _object({
        "pointer": _NAME, "state": state, "value": {}, "by": _array(_NAME), "judgements": _array(_NAME),
    }, closed=False)  # fmt: skip
    return _object({"state": state, "complete": {"type": "boolean"}, "values": _array(value)})


def _exported() -> Json:
    title = "One line of documents.jsonl: the enriched document, as the recipient may have it"
    return {"$schema": _DRAFT, "$id": "export-jsonl-1.json", "title": title, "$ref": "enriched-1.json"}


def _manifest() -> Json:
    number = {"type": "integer", "minimum": 0}
    members = {
        "schema": {"type": "string", "pattern": "^evidence-export-[a-z]+/[0-9]+$"},
        "documents": number, "enrichments": number,
        "machine_made": _object({"enrichments": number, "by_person": number, "notice": _NAME}),
        "files": _array(_object({"path": _NAME, "sha256": _SHA256, "bytes": number})),
        "withheld": _array(_object({"asset": _SHA256, "what": _NAME, "code": {"enum": sorted(CODES)}})),
        "without": _array(_object({"asset": _SHA256, "reason": _NAME})),
        "warnings": _array(_object({"asset": _SHA256, "what": _NAME, "code": {"enum": sorted(CODES)}})),
    }  # fmt: skip
    title = "manifest.json of an export: its files, what machines made of it, what was withheld"
    return {"$schema": _DRAFT, "$id": "export-manifest-1.json", "title": title, **_object(members)}
