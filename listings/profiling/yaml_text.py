"""YAML as far as it is JSON written otherwise: no tags, no bottomless nesting, no aliases that multiply."""

from __future__ import annotations

from typing import Any

import yaml
from django.utils.translation import gettext_noop as _

from listings.profiling.refusals import Refusal, refuse

DEEPEST = 100
MOST_NODES = 1_000_000


class _Loader(yaml.CSafeLoader):
    """Dates stay text, as in JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(text: str) -> Any:
    """Return a YAML document as JSON would hold it: every key is text. Raises Refusal `malformed_document`."""
    try:
        _check_events(text)
        return _plain(yaml.load(text, Loader=_Loader))  # noqa: S506 - a safe loader with less
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise refuse("malformed_document", line=line, reason=(error.problem or "")[:200]) from None
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise refuse("malformed_document", line=1, reason=str(error).partition("\n")[0][:200]) from None


def _check_events(text: str) -> None:
    """Refuse nesting and aliases that would not fit memory, before anything is built from them."""
    weights: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []  # anchor, and nodes so far when it was opened
    nodes = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in weights:
                raise _wrong(event, _("an alias stands within what it repeats, or repeats nothing"))
            nodes += weights[event.anchor]
        elif isinstance(event, yaml.ScalarEvent):
            nodes += 1
            if event.anchor:
                weights[event.anchor] = 1
        elif isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, nodes))
            nodes += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_nodes.pop()
            if anchor:
                weights[anchor] = nodes - before
        if len(open_nodes) > DEEPEST:
            raise _wrong(event, _("it is nested too deeply"))
        if nodes > MOST_NODES:
            raise _wrong(event, _("it has too many values, repeated ones among them"))


def _wrong(event: yaml.Event, reason: str) -> Refusal:
    line = event.start_mark.line + 1 if event.start_mark else 1
    return refuse("malformed_document", line=line, reason=reason)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {_key(key): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _key(key: Any) -> str:
    """Return a key as its author wrote it: 200 is a status, and `on` or `no` are no truth values there."""
    if isinstance(key, bool):
        return "true" if key else "false"
    return str(key)
