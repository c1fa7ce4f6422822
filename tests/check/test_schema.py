"""The published schema, held against real reports."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.check.lesson import LESSON, check, spoiled
from tests.check.reports import hostile, of, one
from tests.check.test_reports import STREAMS
from tests.command import ROOT
from tutor.check.json_report import json_report
from tutor.check.report import CheckKind, CheckStatus, Report, failure_report

SCHEMA: dict[str, Any] = json.loads((ROOT / "docs/check-report.schema.json").read_text("utf-8"))


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Every part of the schema that describes an object."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for value in schema.values():
            yield from objects(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from objects(value)


def closed() -> dict[str, Any]:
    """The schema that takes no key but those it names."""
    schema = copy.deepcopy(SCHEMA)
    for each in objects(schema):
        each["additionalProperties"] = False
    return schema


def faults(report: Report, schema: dict[str, Any]) -> list[str]:
    errors = Draft202012Validator(schema).iter_errors(json.loads(json_report(report)))
    return [f"{error.json_path}: {error.message}" for error in errors]


def reports(folder: Path) -> Iterator[Report]:
    streams = spoiled("```question {#status}", STREAMS + "```question {#status}")
    yield check(folder, streams)
    yield check(folder, streams, fail_fast=True, patterns=("*/answer",))
    yield check(folder, spoiled("answer = 12", "answer = 13"))
    yield check(folder, spoiled("```http {#tagged}", "```http {#tagged app=nope}"))
    yield check(folder, spoiled('view = "hello"', 'view = "hello'))
    yield failure_report(RuntimeError("it fell over"))
    yield of(one(points=2), one(CheckStatus.PASSED, points=0), one(CheckStatus.ERROR))
    yield hostile()


def test_the_schema_is_one() -> None:
    """The published file is a valid JSON Schema."""
    Draft202012Validator.check_schema(SCHEMA)


def test_real_reports_fit_the_schema_and_it_names_every_key(tmp_path: Path) -> None:
    """Reports of every outcome fit, also where no key is allowed that the schema does not describe."""
    for report in reports(tmp_path):
        assert faults(report, closed()) == []


def test_kinds_and_statuses_are_those_of_the_program() -> None:
    """The schema lists every kind and status there is, and no other."""
    properties = SCHEMA["$defs"]["check"]["properties"]
    assert properties["kind"]["enum"] == [kind.value for kind in CheckKind]
    assert properties["status"]["enum"] == [status.value for status in CheckStatus]


@pytest.mark.parametrize("key", ["schema_version", "versions", "summary", "lessons"])
def test_a_report_without_a_key_does_not_fit(key: str, tmp_path: Path) -> None:
    """What the contract promises is required: a report that lacks it is refused."""
    shape = json.loads(json_report(check(tmp_path, LESSON)))
    assert Draft202012Validator(SCHEMA).is_valid(shape)
    del shape[key]
    assert not Draft202012Validator(SCHEMA).is_valid(shape)


def test_a_later_key_is_no_fault(tmp_path: Path) -> None:
    """A reader with today's schema takes a report of a later version with more keys."""
    shape = json.loads(json_report(check(tmp_path, LESSON)))
    shape["lessons"][0]["checks"][0]["later"] = True
    assert Draft202012Validator(SCHEMA).is_valid(shape)
