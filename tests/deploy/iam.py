"""Whether IAM would let a request pass: the part of its evaluation that our policies use.

AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html. Within one account an
explicit deny of any policy wins; else an allow of any is needed. Unknown operators are an error, not a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

Statement = dict[str, Any]
Context = Mapping[str, str]

TLS = {"aws:SecureTransport": "true"}


def statements(document: Mapping[str, Any]) -> list[Statement]:
    """Of a policy; what a condition of the template left out is null there."""
    return [statement for statement in document["Statement"] if statement]


def several(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def allowed(action: str, resource: str, policies: Iterable[Mapping[str, Any]], context: Context = TLS) -> bool:
    """Whether the request passes all these policies of one account together (of a role and of the resource)."""
    effects = {
        statement["Effect"]
        for document in policies
        for statement in statements(document)
        if _covers(statement, action, resource) and _holds(statement.get("Condition", {}), context)
    }
    return effects == {"Allow"}


def _covers(statement: Statement, action: str, resource: str) -> bool:
    if not any(_like(pattern, action) for pattern in several(statement["Action"])):
        return False
    if "NotResource" in statement:
        return not any(_like(pattern, resource) for pattern in several(statement["NotResource"]))
    return any(_like(pattern, resource) for pattern in several(statement["Resource"]))


def _like(pattern: str, text: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text, re.IGNORECASE) is not None


def _holds(condition: Mapping[str, Mapping[str, str]], context: Context) -> bool:
    for operator, wanted in condition.items():
        for key, value in wanted.items():
            match operator:
                case "Null":
                    held = (key not in context) == (value == "true")
                case "Bool":
                    held = context.get(key) == value
                case _:
                    raise NotImplementedError(operator)
            if not held:
                return False
    return True
