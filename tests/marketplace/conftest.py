import pytest

from accounts.models import Capacity, Organization
from listings.models import Listing
from tests.marketplace.trading import listed_dataset, make_buyer
from tests.world import make_member


@pytest.fixture
def provider(db: None) -> Organization:
    return make_member("gzdex", Capacity.PROVIDER)


@pytest.fixture
def buyer(db: None) -> Organization:
    return make_buyer()


@pytest.fixture
def broker(db: None) -> Organization:
    return make_member("gzdex", Capacity.BROKER, name="海珠经纪")


@pytest.fixture
def listing(provider: Organization) -> Listing:
    """A one-off dataset of 120.00 CNY at the Guangzhou exchange."""
    return listed_dataset(provider)
