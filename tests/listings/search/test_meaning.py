"""Search by meaning: learned from the catalogue itself, fused with the words, safe to load, switched without a gap."""

import io

import numpy as np
import pytest

from listings.catalogue import Wanted, find
from listings.models import EmbeddingModel, Listing, ListingEmbedding
from listings.search import embedder, training
from listings.search.embedder import NoModel, digest_of, load, train
from listings.search.learning import learn_listing, reindex
from listings.search.meaning import current_model
from listings.search.training import prepare_model
from tests.listings.offers import listed
from tests.world import api, make_member, make_membership

pytestmark = pytest.mark.django_db

SHELF = [
    ("空气质量监测", "Air quality monitoring", "监测站测得的PM2.5与臭氧浓度", "PM2.5 and ozone from stations"),
    (
        "大气污染物排放",
        "Emissions of air pollutants",
        "工厂排放的颗粒物和臭氧前体",
        "Particles and ozone: haze",
    ),
    ("雾霾天气记录", "Haze records", "雾霾日与PM2.5颗粒物浓度", "Days of haze with PM2.5 particles"),
    ("地铁客流", "Metro ridership", "各站进出站人次", "Entries and exits by station"),
    ("公交刷卡", "Bus card taps", "各线路乘车人次", "Rides by line"),
    ("轨道站点客流预测", "Rail passenger forecasts", "各站人次预测", "Forecast of rides by station"),
    ("股票行情", "Stock quotes", "沪深交易所日线价格", "Daily prices of both exchanges"),
    ("债券估值", "Bond valuation", "交易所债券价格与收益率", "Prices and yields at exchanges"),
    ("基金净值", "Fund net values", "基金每日净值与收益率", "Daily values and yields"),
]


@pytest.fixture
def shelf():
    provider = make_member()
    make_membership(provider, "szdex")
    return [
        listed(
            provider,
            ("gzdex", "szdex")[number % 2],
            name={"zh-Hans": zh, "en": en},
            summary={"zh-Hans": summary, "en": english},
            scenario={"zh-Hans": zh, "en": en},
        )
        for number, (zh, en, summary, english) in enumerate(SHELF)
    ]


@pytest.fixture
def model(shelf):
    return prepare_model()


def names(**parameters) -> list[str]:
    answer = api().get("/api/v1/catalogue", parameters)
    assert answer.status_code == 200, answer.json()
    return [item["name"]["en"] for item in answer.json()["items"]]


def test_what_means_the_same_is_found_without_saying_it(shelf, model):
    found = names(q="haze")
    assert "Haze records" in found[:2]
    assert "Air quality monitoring" in found[:4]  # which never says haze
    assert "Stock quotes" not in found
    assert set(names(q="haze", sort="newest")) == {"Haze records", "Emissions of air pollutants"}


def test_meaning_respects_the_filters_and_the_facets_count_the_same_hits(shelf, model):
    assert all(item["venue"] == "gzdex" for item in api().get("/api/v1/catalogue?q=haze&venue=gzdex").json()["items"])
    facets = api().get("/api/v1/catalogue/facets", {"q": "haze"}).json()
    assert facets["counted"] == len(names(q="haze")) > 2


def test_pages_by_relevance_neither_repeat_nor_lose(shelf, model):
    whole = names(q="客流")
    page = api().get("/api/v1/catalogue", {"q": "客流", "limit": 1}).json()
    paged = [page["items"][0]["name"]["en"]]
    while page["next"]:
        page = api().get("/api/v1/catalogue", {"q": "客流", "limit": 1, "cursor": page["next"]}).json()
        paged += [item["name"]["en"] for item in page["items"]]
    assert paged == whole
    assert len(set(paged)) == len(paged) > 1


def test_similar_products_are_other_products_that_are_listed(shelf, model):
    haze = shelf[2]
    similar = api().get(f"/api/v1/catalogue/{haze.pk}/similar").json()
    assert {item["listing"]["id"] for item in similar[:2]} == {str(shelf[0].pk), str(shelf[1].pk)}
    assert [item["likeness"] for item in similar] == sorted((item["likeness"] for item in similar), reverse=True)

    Listing.objects.filter(pk=shelf[0].pk).update(state=Listing.State.SUSPENDED)
    assert str(shelf[0].pk) not in str(api().get(f"/api/v1/catalogue/{haze.pk}/similar").json())
    assert api().get(f"/api/v1/catalogue/{shelf[0].pk}/similar").status_code == 404


def test_without_a_model_words_alone_are_searched(shelf):
    assert current_model() is None
    assert len(names(q="haze")) == 2
    assert api().get(f"/api/v1/catalogue/{shelf[0].pk}/similar").json() == []


def test_a_listing_that_comes_later_is_known_once_its_job_has_run(shelf, model):
    late = listed(make_member(), name={"en": "Smog diary"}, summary={"en": "PM2.5 and ozone particles"})
    learn_listing(late.pk)
    assert "Smog diary" in names(q="haze")


def test_a_model_is_prepared_anew_only_when_it_is_outgrown(shelf, model):
    assert prepare_model() is None
    for number in range(3):
        listed(make_member(), name={"en": f"Tide gauges {number}"})
    another = prepare_model()
    assert another.slot != model.slot
    assert list(EmbeddingModel.objects.values_list("state", flat=True)) == ["CURRENT"]
    assert set(ListingEmbedding.objects.values_list("slot", flat=True)) == {another.slot}
    assert ListingEmbedding.objects.count() == len(shelf) + 3


def test_a_preparation_that_was_cut_off_is_begun_again(shelf, monkeypatch):
    def cut_off(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "_switch_to", cut_off)
    with pytest.raises(KeyboardInterrupt):
        prepare_model()
    monkeypatch.undo()
    assert current_model() is None
    assert prepare_model() == current_model()


def test_the_same_texts_give_the_same_model():
    texts = [" ".join(each) for each in SHELF]
    assert train(texts) == train(texts)
    assert np.linalg.norm(load(train(texts), sha256=digest_of(train(texts))).embed("haze")) == pytest.approx(
        1, abs=1e-5
    )


def test_only_the_artefact_that_was_noted_is_loaded_and_no_objects_in_it():
    artefact = train([" ".join(each) for each in SHELF])
    with pytest.raises(NoModel):
        load(artefact[:-1] + b"x", sha256=digest_of(artefact))
    packed = io.BytesIO()
    np.savez(packed, names=np.array([print], dtype=object), weights=np.zeros(1), meaning=np.zeros((1, 1)))
    with pytest.raises(ValueError, match="allow_pickle"):
        load(packed.getvalue(), sha256=digest_of(packed.getvalue()))


@pytest.mark.parametrize("texts", [[], ["地铁"] * 7, ["???"] * 20])
def test_too_little_teaches_nothing(texts):
    with pytest.raises(NoModel):
        embedder.train(texts)


def test_everything_listed_can_be_indexed_anew(shelf):
    Listing.objects.update(search=None)
    assert names(q="haze") == []
    assert reindex() == len(shelf)
    assert names(q="haze")[0] == "Haze records"


def test_a_suspended_listing_is_not_found_by_meaning(shelf, model):
    Listing.objects.filter(pk=shelf[0].pk).update(state=Listing.State.SUSPENDED)
    assert shelf[0] not in set(find(Wanted(text="haze")))
