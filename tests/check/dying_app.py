"""An app that takes its whole process with it; only for a job that has one of its own."""

from __future__ import annotations

import multiprocessing
import os

from flask import Flask

from tests.check import lesson


def make_app(section: str, configuration: str = "") -> Flask:
    """The lesson's app; `dying` ends the process."""
    if configuration == "dying":
        assert multiprocessing.parent_process() is not None, "this would end the tests"
        os._exit(7)
    return lesson.make_app(section, configuration)
