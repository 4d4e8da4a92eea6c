"""The tables of listings, by noun."""

from accounts.product_types import ProductType
from listings.models.agency_reports import AgencyReport, ReportPaper
from listings.models.attestations import (
    Attestation,
    AttestationBatch,
    AttestationEntry,
    TrustNode,
    VerificationRequest,
)
from listings.models.audience import Visibility
from listings.models.border_dossiers import BorderDossier
from listings.models.case_papers import CaseFiling, CasePaper, StatutoryClock
from listings.models.ceilings import PriceCeiling
from listings.models.committee import Ballot, Vote
from listings.models.corpora import CorpusSampling, LicenceChain
from listings.models.customs import ArrivalReport, CustomsDeclaration, TransferPermit
from listings.models.datasets import DataFile, Dataset, DatasetVersion, FilePart
from listings.models.deprecations import VersionDeprecation
from listings.models.documents import Document, ImportedCertificate
from listings.models.exporters import (
    ExportEntry,
    ExporterProfile,
    ExportYear,
    SubjectIdentifier,
    SubjectList,
)
from listings.models.grades import Grade, GradeConfirmation
from listings.models.harvests import HarvestedProduct, HarvestRecord, HarvestRun, HarvestSource
from listings.models.identity import IdentityConsent, IdentityProgramme, IdentityQuery, IdentityRecord
from listings.models.invitations import ListingInvitation
from listings.models.lineage import DatasetParent
from listings.models.listings import Listing, Review, ReviewClock
from listings.models.products import Plan, Product, Terms
from listings.models.registry import (
    PropertyRegistration,
    RegistrationAnnotation,
    RegistrationClock,
    RegistrationObjection,
)
from listings.models.revisions import ListingRevision, RevisionReview
from listings.models.route_cases import RouteCase, RouteDecision
from listings.models.rule_sets import RouteRuleSet
from listings.models.saved_searches import SavedSearch, SavedSearchHit
from listings.models.scans import GradeScan
from listings.models.search import EmbeddingModel, ListingEmbedding, SearchWord
from listings.models.splitting import SplittingAlert
from listings.models.submissions import Submission
from listings.models.suggestions import Suggestion
from listings.models.vocabulary import (
    BuyerKind,
    DeliveryMode,
    Frequency,
    PersonalData,
    Processing,
    Purpose,
    RegionScope,
    ReviewStage,
    Right,
    SourceKind,
)

__all__ = [
    "AgencyReport",
    "ArrivalReport",
    "Attestation",
    "AttestationBatch",
    "AttestationEntry",
    "Ballot",
    "BorderDossier",
    "BuyerKind",
    "CaseFiling",
    "CasePaper",
    "CorpusSampling",
    "CustomsDeclaration",
    "DataFile",
    "Dataset",
    "DatasetParent",
    "DatasetVersion",
    "DeliveryMode",
    "Document",
    "EmbeddingModel",
    "ExportEntry",
    "ExportYear",
    "ExporterProfile",
    "FilePart",
    "Frequency",
    "Grade",
    "GradeConfirmation",
    "GradeScan",
    "HarvestRecord",
    "HarvestRun",
    "HarvestSource",
    "HarvestedProduct",
    "IdentityConsent",
    "IdentityProgramme",
    "IdentityQuery",
    "IdentityRecord",
    "ImportedCertificate",
    "LicenceChain",
    "Listing",
    "ListingEmbedding",
    "ListingInvitation",
    "ListingRevision",
    "PersonalData",
    "Plan",
    "PriceCeiling",
    "Processing",
    "Product",
    "ProductType",
    "PropertyRegistration",
    "Purpose",
    "RegionScope",
    "RegistrationAnnotation",
    "RegistrationClock",
    "RegistrationObjection",
    "ReportPaper",
    "Review",
    "ReviewClock",
    "ReviewStage",
    "RevisionReview",
    "Right",
    "RouteCase",
    "RouteDecision",
    "RouteRuleSet",
    "SavedSearch",
    "SavedSearchHit",
    "SearchWord",
    "SourceKind",
    "SplittingAlert",
    "StatutoryClock",
    "SubjectIdentifier",
    "SubjectList",
    "Submission",
    "Suggestion",
    "Terms",
    "TransferPermit",
    "TrustNode",
    "VerificationRequest",
    "VersionDeprecation",
    "Visibility",
    "Vote",
]
