"""`python -m tests.pictures`, or `nox -s pictures`: make the README's pictures anew from real runs."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor

from tests.pictures.scenes import LANGUAGES, README, SCENES, TOLD, Scene, with_transcript


def make(scene: Scene, language: str) -> None:
    """Write one picture, and the words of it that the README has."""
    path = scene.path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = scene.rows_of(language)
    path.write_text(scene.picture(rows, language), "utf-8")
    if scene == TOLD:
        readme = README[language]
        readme.write_text(with_transcript(readme.read_text("utf-8"), rows), "utf-8")


if __name__ == "__main__":
    wanted = [scene for scene in SCENES if scene.name in sys.argv[1:] or not sys.argv[1:]]
    with ProcessPoolExecutor(2) as pool:
        made = [
            pool.submit(make, scene, language)
            for scene in wanted
            if not scene.measures
            for language in LANGUAGES
        ]
    for each in made:
        each.result()
    # What measures time gets the machine for itself.
    for scene in wanted:
        if scene.measures:
            for language in LANGUAGES:
                make(scene, language)
