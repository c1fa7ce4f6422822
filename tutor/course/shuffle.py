"""The order in which a learner sees a question's options."""

from __future__ import annotations

import random
import re

from tutor.course.model import Question, QuestionKind

_LEADING_NUMBER = re.compile(r"[`*\"']*(-?\d+(?:\.\d+)?)\b")


def shown_order(question: Question, seed: str) -> tuple[str, ...]:
    """The choices' keys as shown: shuffled once for each seed, but numbers ascend.

    The items of an order never stand in the right order from the start.
    """
    keys = [key for key, _words in question.choices]
    numbers = [_LEADING_NUMBER.match(words.strip()) for _key, words in question.choices]
    if question.kind is not QuestionKind.ORDER and all(numbers):
        values = {key: float(number[1]) for key, number in zip(keys, numbers, strict=True) if number}
        if len(set(values.values())) == len(keys):
            return tuple(sorted(keys, key=values.__getitem__))
    shuffler = random.Random(f"{seed}/{question.id}")
    shuffler.shuffle(keys)
    if question.kind is QuestionKind.ORDER and tuple(keys) == question.answer:
        keys.reverse()
    return tuple(keys)
