"""Listings as DCAT-AP 3.0.1: https://semiceu.github.io/DCAT-AP/releases/3.0.1/

The profile wants a class on every node that a property points to, which is why codes come with their types and labels.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from accounts.models import Organization
from listings.industries import industries, standard
from listings.metadata import addresses, vocabulary
from listings.metadata.nodes import Node, day, literal, moment, node, reference, texts, typed
from listings.metadata.odrl import policy_properties
from listings.models import DataFile, Listing, Product, ProductType, RegionScope, SourceKind, Terms

LanguageMap = Mapping[str, str]
EXCHANGE: LanguageMap = {"zh-Hans": "大湾数据交易平台", "zh-Hant": "大灣數據交易平台", "en": "Dawan Exchange"}
CATALOGUE: LanguageMap = {
    "zh-Hans": "大湾数据交易平台数据产品目录",
    "zh-Hant": "大灣數據交易平台數據產品目錄",
    "en": "Dawan Exchange: catalogue of data products",
}
ABOUT_CATALOGUE: LanguageMap = {
    "zh-Hans": "在本平台各交易场所挂牌的数据产品",
    "zh-Hant": "在本平台各交易場所掛牌的數據產品",
    "en": "Data products listed at the venues of this exchange",
}
TERMS: LanguageMap = {"zh-Hans": "使用条款", "zh-Hant": "使用條款", "en": "Terms of use"}


def catalogue_node(listings: Iterable[Listing] = (), *, page: Node | None = None) -> Node:
    """Return the catalogue with the datasets of one page; `page` describes the page itself (hydra)."""
    publisher = node("foaf:Agent", addresses.exchange_iri(), foaf__name=texts(EXCHANGE))
    return node(
        ["dcat:Catalog", "hydra:Collection"] if page else "dcat:Catalog",
        addresses.catalogue_iri(),
        dct__title=texts(CATALOGUE),
        dct__description=texts(ABOUT_CATALOGUE),
        dct__publisher=publisher,
        dct__language=[_language("zh-Hans"), _language("en")],
        dcat__themeTaxonomy=_industry_scheme(),
        dcat__dataset=[reference(addresses.dataset_iri(listing.pk)) for listing in listings],
        hydra__view=page,
    )


def page_node(this: str, *, first: str, following: str) -> Node:
    """Return the description of a page of the catalogue; `following` is empty on the last one."""
    return node(
        "hydra:PartialCollectionView",
        this,
        hydra__first=reference(first),
        hydra__next=reference(following) if following else None,
    )


def dataset_node(listing: Listing) -> Node:
    """Return the dataset that a listing offers, its files as distributions."""
    product, version = listing.product, listing.version
    page = addresses.listing_page(listing.pk)
    return node(
        "dcat:Dataset",
        addresses.dataset_iri(listing.pk),
        dct__title=texts(listing.name),
        dct__description=texts(listing.summary),
        dct__identifier=literal(listing.number or str(listing.pk)),
        adms__identifier=_registration(product),
        dct__publisher=_provider(listing.organization),
        dcat__contactPoint=_contact(listing.organization, page),
        dcat__theme=_industry(listing.industry),
        dcat__keyword=[keyword for words in keywords(listing) for keyword in texts(words)],
        dct__type=_product_type(ProductType(listing.product_type)),
        dct__language=_language(product.language) if product.language else None,
        dct__spatial=_scope(listing.region_scope) if listing.region_scope else None,
        dct__temporal=_period(product),
        dct__accrualPeriodicity=_frequency(listing.frequency),
        dct__accessRights=node("dct:RightsStatement", vocabulary.RESTRICTED),
        dct__provenance=_origin(product),
        dct__issued=moment(listing.listed_at) if listing.listed_at else None,
        dct__modified=moment(changed) if (changed := modified_at(listing)) else None,
        dcat__version=literal(version.release_number or str(version.number)),
        adms__versionNotes=texts(version.notes),
        dcat__isVersionOf=reference(addresses.urn(listing.product_id)),
        dcat__landingPage=node("foaf:Document", page),
        dcat__distribution=[_distribution(listing, file) for file in version.files.all()],
    )


def graph(listings: Iterable[Listing]) -> Iterator[Node]:
    """Yield the datasets of listings one by one."""
    return (dataset_node(listing) for listing in listings)


def keywords(listing: Listing) -> list[LanguageMap]:
    """Return what a listing is filed under, each in the languages there are."""
    found = [vocabulary.labels(ProductType(listing.product_type))]
    if industry := industries().get(listing.industry):
        found += [industry.name, industry.section_name]
    return found


def modified_at(listing: Listing) -> datetime | None:
    """Return when the data last changed: a version sealed before it was listed is new to the catalogue only then."""
    return max((at for at in (listing.version.sealed_at, listing.listed_at) if at), default=None)


def _distribution(listing: Listing, file: DataFile) -> Node:
    media_type = vocabulary.iana_media_type(file.format)
    terms = _terms(listing.terms)
    return node(
        "dcat:Distribution",
        addresses.file_iri(listing.pk, file.pk),
        dct__title=literal(file.name),
        dct__description=literal(str(DataFile.Format(file.format).label)),
        # The bytes are handed over after an order; this is where one orders.
        dcat__accessURL=reference(addresses.listing_page(listing.pk)),
        dcat__byteSize=typed(str(file.size), "nonNegativeInteger") if file.size is not None else None,
        dcat__mediaType=node("dct:MediaType", media_type) if media_type else None,
        dct__format=_format(file),
        spdx__checksum=_checksum(file) if file.sha256 else None,
        dct__issued=moment(listing.listed_at) if listing.listed_at else None,
        dct__license=terms,
        odrl__hasPolicy=reference(terms["@id"]),
    )


def _format(file: DataFile) -> Node:
    label = str(DataFile.Format(file.format).label)
    return node("dct:MediaTypeOrExtent", vocabulary.file_type(file.format), rdfs__label=literal(label))


def _checksum(file: DataFile) -> Node:
    algorithm = node("spdx:ChecksumAlgorithm", "http://spdx.org/rdf/terms#checksumAlgorithm_sha256")
    return node("spdx:Checksum", spdx__algorithm=algorithm, spdx__checksumValue=typed(file.sha256, "hexBinary"))


def _terms(terms: Terms) -> Node:
    document = node(
        ["dct:LicenseDocument", "odrl:Policy", "odrl:Offer"],
        addresses.urn(terms.pk),
        dct__title=texts({tag: f"{title} v{terms.version}" for tag, title in TERMS.items()}),
    )
    return document | policy_properties(terms.policy)


def _provider(organization: Organization) -> Node:
    return node("foaf:Agent", addresses.urn(organization.pk), foaf__name=texts(organization.name))


def _contact(organization: Organization, page: str) -> Node:
    # Members are reached through the exchange: it does not publish the addresses of people.
    return node(["vcard:Kind", "vcard:Organization"], vcard__fn=texts(organization.name), vcard__hasURL=reference(page))


def _registration(product: Product) -> Node | None:
    return node("adms:Identifier", skos__notation=literal(product.number)) if product.number else None


def _industry(code: str) -> Node | None:
    industry = industries().get(code)
    if industry is None:
        return None
    return node(
        "skos:Concept",
        addresses.industry_iri(code),
        skos__prefLabel=texts(industry.name),
        skos__notation=literal(code),
        skos__inScheme=reference(addresses.industry_iri()),
    )


def _industry_scheme() -> Node:
    return node("skos:ConceptScheme", addresses.industry_iri(), dct__title=literal(standard()))


def _product_type(kind: ProductType) -> Node:
    return node("skos:Concept", f"urn:dawan:product-type:{kind}", skos__prefLabel=texts(vocabulary.labels(kind)))


def _language(tag: str) -> Node:
    return node("dct:LinguisticSystem", vocabulary.language_iri(tag))


def _scope(code: str) -> Node:
    return node("dct:Location", skos__prefLabel=texts(vocabulary.labels(RegionScope(code))))


def _period(product: Product) -> Node | None:
    if product.time_from is None and product.time_to is None:
        return None
    return node(
        "dct:PeriodOfTime",
        dcat__startDate=day(product.time_from) if product.time_from else None,
        dcat__endDate=day(product.time_to) if product.time_to else None,
    )


def _frequency(code: str) -> Node | None:
    return node("dct:Frequency", vocabulary.FREQUENCIES[code]) if code else None


def _origin(product: Product) -> Node | None:
    if not product.source_kind:
        return None
    return node("dct:ProvenanceStatement", rdfs__label=texts(vocabulary.labels(SourceKind(product.source_kind))))
