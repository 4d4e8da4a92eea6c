"""Everybody of one trade, each with their own way into the API: programs by OAuth, staff by their console session."""

from dataclasses import dataclass
from pathlib import Path

from demo.exchange import Api, anonymous, signed_in, with_token
from demo.people import OPERATORS, VICTORIA, ZHUJIANG, DemoOrganization, DemoPerson
from demo.trades import Trade


@dataclass(frozen=True)
class Cast:
    public: Api
    provider: Api
    buyer: Api
    broker: Api | None
    foreign_buyer: Api
    clerk: Api
    legal: Api
    security: Api
    quality: Api
    reviewer: Api
    committee: Api
    officer: Api
    customs: Api
    second_customs: Api
    venue_admin: Api
    agency: Api


def bring_in(url: str, trade: Trade, credentials_file: Path) -> Cast:
    """Sign everybody in. API clients that do not exist yet are made and their secrets kept in `credentials_file`."""

    def member(organization: DemoOrganization) -> Api:
        return with_token(url, organization.people[0], credentials_file)

    def staff(name: str) -> Api:
        return signed_in(url, staff_of(trade.venue, name))

    return Cast(
        public=anonymous(url),
        provider=member(trade.provider),
        buyer=member(trade.buyer),
        broker=member(trade.broker) if trade.broker else None,
        foreign_buyer=member(VICTORIA),
        clerk=staff("clerk"),
        legal=staff("legal"),
        security=staff("security"),
        quality=staff("quality"),
        reviewer=staff("reviewer"),
        committee=staff("committee"),
        officer=staff("officer"),
        customs=staff("customs"),
        second_customs=staff("customs2"),
        venue_admin=staff("admin"),
        agency=member(ZHUJIANG),
    )


def staff_of(venue: str, name: str) -> DemoPerson:
    """Return the venue's staff member of that name."""
    return next(person for person in OPERATORS[venue].people if person.email.startswith(f"{name}@"))
