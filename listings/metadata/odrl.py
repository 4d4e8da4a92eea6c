"""A policy of our ODRL profile as RDF nodes: what its JSON means without the ODRL context being fetched."""

from collections.abc import Mapping
from typing import Any

from listings.metadata.nodes import Node, literal, node, reference


def policy_properties(policy: Mapping[str, Any]) -> Node:
    """Return the properties of a stored policy (listings/terms.py), to be joined to the node of its terms."""
    rules = {f"odrl:{kind}": [_rule(rule) for rule in policy.get(kind, ())] for kind in ("permission", "prohibition")}
    found: Node = {name: held for name, held in rules.items() if held}
    if profile := policy.get("profile"):
        found["odrl:profile"] = reference(profile)
    if assigner := policy.get("assigner"):
        found["odrl:assigner"] = reference(assigner)
    return found


def _rule(rule: Mapping[str, Any]) -> Node:
    found: Node = {"odrl:action": reference(_term(rule["action"]))}
    if target := rule.get("target"):
        found["odrl:target"] = reference(target)
    if constraints := rule.get("constraint"):
        found["odrl:constraint"] = [_constraint(each) for each in constraints]
    if duties := rule.get("duty"):
        found["odrl:duty"] = [_rule(each) for each in duties]
    return found


def _constraint(constraint: Mapping[str, Any]) -> Node:
    right = constraint["rightOperand"]
    return node(
        "odrl:Constraint",
        odrl__leftOperand=reference(_term(constraint["leftOperand"])),
        odrl__operator=reference(_term(constraint["operator"])),
        odrl__rightOperand=[_operand(each) for each in (right if isinstance(right, list) else [right])],
    )


def _operand(value: Any) -> Node:
    return dict(value) if isinstance(value, dict) else literal(str(value))


def _term(name: str) -> str:
    return name if ":" in name else f"odrl:{name}"
