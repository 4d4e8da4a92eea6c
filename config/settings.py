"""Settings, read from the environment once; every default works on a laptop.

`config/checks.py` refuses a PRODUCTION that would run on development's defaults.
"""

import os
from ipaddress import ip_network
from pathlib import Path

import dj_database_url
import django_stubs_ext
from django.utils.translation import gettext_lazy as _
from environs import Env, validate

from config.checks import refuse_unsafe_production
from config.console import CONSOLE_KEYS, CONSOLE_NUMBERS, UNFOLD  # noqa: F401 - settings too
from config.embedded import default_urls
from config.logs import logging_config

# Workbooks are read by the standard library's parser, whose errors listings/profiling/workbook.py knows;
# openpyxl would take lxml, which is there for python-docx.
os.environ.setdefault("OPENPYXL_LXML", "False")
BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()
django_stubs_ext.monkeypatch()  # lets classes such as File be written with their parameter, as the stubs type them

STATE_DIR = Path(env.str("STATE_DIR", str(BASE_DIR / "var")))
DEVELOPMENT_SECRET = "development-only-secret-never-use-it-in-production"  # noqa: S105 - refused in production by config/checks.py
DEBUG = env.bool("DEBUG", default=False)
PRODUCTION = env.bool("PRODUCTION", default=False)
SECRET_KEY = env.str("SECRET_KEY", DEVELOPMENT_SECRET)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
PUBLIC_URL = env.str("PUBLIC_URL", "http://127.0.0.1:8000")
# Where the gateway's own process is, if nothing before both sends /gateway/ there: the web process then points to it.
GATEWAY_URL = env.str("GATEWAY_URL", "").rstrip("/")
# Networks that are not on the public internet and may be fetched from all the same: "10.20.0.0/16,fd00::/8".
_allowed_networks: list[str] = env.list("FETCH_ALLOWED_NETWORKS", [])
FETCH_ALLOWED_NETWORKS = [ip_network(each) for each in _allowed_networks]

# Key-encryption keys for files at rest: "id:base64,id:base64", the first one wraps new data keys.
STORAGE_KEYS: list[str] = env.list("STORAGE_KEYS", [])
# SM4-GCM where national cryptography is asked for; some sixty times slower. What is stored stays readable.
STORAGE_CIPHER = env.str("STORAGE_CIPHER", "AES-256-GCM", validate=validate.OneOf(["AES-256-GCM", "SM4-GCM"]))
STORAGE_URL = env.str("STORAGE_URL", f"file://{STATE_DIR / 'storage'}")
# Ed25519 keys of the audit log: the private one that signs, and every public one ever used.
INVOICE_FOLDER = Path(env.str("INVOICE_FOLDER", str(STATE_DIR / "invoices")))  # requests for fapiao, issued by hand
KEYS_DIR = Path(env.str("KEYS_DIR", str(STATE_DIR / "keys")))
LOG_SIGNING_KEY = env.str("LOG_SIGNING_KEY", "")  # PEM; replaces the private key file
LOG_NAME = env.str("LOG_NAME", "dawan-exchange")  # how the log calls itself in what it signs

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "config.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "oauth2_provider",
    "rest_framework",
    "config.apps.WiringConfig",
    "kernel",
    "accounts",
    "settlements",
    "listings",
    "marketplace",
]

MIDDLEWARE = [
    "config.tracing.TracingMiddleware",
    "config.metrics.MetricsMiddleware",
    "config.short_way.ShortWayMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "kernel.problem_pages.ProblemMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Without DATABASE_URL and REDIS_URL the embedded servers' sockets under STATE_DIR are used (config/embedded.py).
_embedded_database, _embedded_redis = default_urls(STATE_DIR)
DATABASE_URL = env.str("DATABASE_URL", "") or _embedded_database
REDIS_URL = env.str("REDIS_URL", "") or _embedded_redis
USES_EMBEDDED_DATABASE = not env.str("DATABASE_URL", "")
USES_EMBEDDED_REDIS = not env.str("REDIS_URL", "")
# Connections that each process keeps; 0 keeps none, as wanted before a PgBouncer and by one-off commands.
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", 8)
_pool = {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 15} if DATABASE_POOL_SIZE else False
_database = dj_database_url.parse(DATABASE_URL)
DATABASES = {
    "default": {
        **_database,
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            **_database.get("OPTIONS", {}),  # what the URL asks for: sslmode, …
            "pool": _pool,
            # Prepared statements: planning the joins of an order costs the server more than running them.
            "server_side_binding": True,
            "prepare_threshold": 1,
        },
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "dawan",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
}

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "accounts.hashers.ClientSecretHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/console/login/"
LOGIN_REDIRECT_URL = "/console/"
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False  # its pages know neither our scopes nor our languages; `manage.py axes_reset` unlocks
AXES_CLIENT_IP_CALLABLE = "config.addresses.client_address"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_FORM_FIELD = "username"  # what Django's sign-in form and our own calls name the email
AXES_USERNAME_CALLABLE = "accounts.authentication.lockout_name"
AXES_LOCKOUT_CALLABLE = "accounts.authentication.lockout_response"
AXES_HTTP_RESPONSE_CODE = 429

OAUTH2_PROVIDER_APPLICATION_MODEL = "accounts.ApiClient"
# Client credentials only; tokens are stored as checksums (RFC 9700), secrets hashed.
OAUTH2_PROVIDER = {
    "ACCESS_TOKEN_EXPIRE_SECONDS": 1800,
    "APPLICATION_ADMIN_CLASS": "django.contrib.admin.ModelAdmin",  # the toolkit's own wants the field `user`
    "SCOPES_BACKEND_CLASS": "accounts.oauth.ClientScopes",
    "OAUTH2_VALIDATOR_CLASS": "accounts.oauth.EvidentValidator",
    "OAUTH2_SERVER_CLASS": "oauthlib.oauth2.BackendApplicationServer",
    "CLIENT_SECRET_HASHER": "pbkdf2_sha256_client_secret",
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "OAUTH2_GRANT_TYPES_SUPPORTED": ["client_credentials"],
    "OAUTH2_RESPONSE_TYPES_SUPPORTED": [],
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.BearerAuthentication",
        "accounts.authentication.ConsoleSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "URL_FORMAT_OVERRIDE": None,  # `?format=CSV` filters the catalogue; JSON is all we speak
    "DEFAULT_PARSER_CLASSES": ["kernel.api.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "kernel.paging.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "config.openapi.ExchangeSchema",
    "DEFAULT_THROTTLE_CLASSES": ["kernel.throttling.ClientThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "client": env.str("THROTTLE_CLIENT", "6000/min"),
        "anonymous": env.str("THROTTLE_ANONYMOUS", "600/min"),
        "verification": env.str("THROTTLE_VERIFICATION", "60/min"),
    },
    "NUM_PROXIES": env.int("TRUSTED_PROXIES", 0),
    "EXCEPTION_HANDLER": "kernel.problems.problem_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Dawan Exchange API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "DESCRIPTION": "List, order, escrow, deliver, settle and certify data across the Greater Bay Area.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.openapi.add_problems",
    ],
    # Fields of the same name with different choices; a list of names that the schema's readers can tell apart.
    "ENUM_NAME_OVERRIDES": {
        "Right": "listings.models.Right",
        "OrderState": "marketplace.models.Order.State",
        "AgreementState": "marketplace.models.Agreement.State",
        "EntitlementState": "marketplace.models.Entitlement.State",
        "DeliveryState": "marketplace.models.Delivery.State",
        "NewVersions": "listings.models.Plan.NewVersions",
        "DisputeState": "marketplace.models.Dispute.State",
        "DisputeKind": "marketplace.models.Dispute.Kind",
        "DisputeOfferState": "marketplace.models.DisputeOffer.State",
        "BankBreakWay": "settlements.models.BankBreak.Way",
        "PushTargetKind": "marketplace.models.PushTarget.Kind",
        "PushState": "marketplace.models.Push.State",
        "ComputePoolState": "marketplace.models.ComputePool.State",
        "ComputeJobState": "marketplace.models.ComputeJob.State",
        "ComputeJobKind": "marketplace.models.ComputeJob.Kind",
        "RoomQueryKind": "marketplace.models.RoomQuery.Kind",
        "RoomTableState": "marketplace.models.RoomTable.State",
        "DemandState": "marketplace.models.Demand.State",
        "PlanChangeState": "marketplace.models.PlanChange.State",
        "QuoteState": "marketplace.models.Quote.State",
        "AuctionState": "marketplace.models.Auction.State",
        "AuctionKind": "marketplace.models.Auction.Kind",
        "AuctionPhase": "marketplace.models.Auction.Phase",
        "AuctionDepositState": "marketplace.models.AuctionDeposit.State",
        "NegotiationState": "marketplace.models.Negotiation.State",
        "DealOrigin": "settlements.models.DealOrigin",
        "Payee": "settlements.models.Payee",
        "ScenarioState": "marketplace.models.Scenario.State",
        "ProposalState": "marketplace.models.Proposal.State",
        "ProposalCapacity": "marketplace.models.Proposal.Capacity",
        "Capacity": "accounts.models.Capacity",
        "ListingInvitationState": "listings.models.ListingInvitation.State",
        "PropertyRegistrationState": "listings.models.PropertyRegistration.State",
        "PropertyRegistrationKind": "listings.models.PropertyRegistration.Kind",
        "RegistrationObjectionState": "listings.models.RegistrationObjection.State",
        "RegistrationAnnotationState": "listings.models.RegistrationAnnotation.State",
        "RegistrationAnnotationKind": "listings.models.RegistrationAnnotation.Kind",
        "StatisticEditionState": "marketplace.models.StatisticEdition.State",
        "IdentityProgrammeState": "listings.models.IdentityProgramme.State",
        "IdentityConsentState": "listings.models.IdentityConsent.State",
        "AttestationState": "listings.models.Attestation.State",
        "VerificationRequestState": "listings.models.VerificationRequest.State",
        "ListingState": "listings.models.Listing.State",
        "ListingRevisionState": "listings.models.ListingRevision.State",
        "ReviewStage": "listings.models.ReviewStage",
        "InterestKind": "accounts.models.Interest.Kind",
        "OrganizationTieKind": "accounts.models.OrganizationTie.Kind",
        "BallotState": "listings.models.Ballot.State",
        "DatasetVersionState": "listings.models.DatasetVersion.State",
        "DataFileState": "listings.models.DataFile.State",
        "DepositState": "settlements.models.Deposit.State",
        "PayoutState": "settlements.models.Payout.State",
        "TaxFilingState": "settlements.models.TaxFiling.State",
        "ExchangeQuoteState": "settlements.models.ExchangeQuote.State",
        "RateCurrency": "settlements.models.exchange.RATE_CURRENCY_CHOICES",
        "CurrencyEnum": "kernel.money.CURRENCY_CHOICES",
        "ProductState": "listings.models.Product.State",
        "MembershipState": "accounts.models.Membership.State",
        "InvitationState": "accounts.models.Invitation.State",
        "HarvestRunState": "listings.models.HarvestRun.State",
        "HarvestRunKind": "listings.models.HarvestRun.Kind",
        "HarvestSourceKind": "listings.models.HarvestSource.Kind",
        "HarvestSourceState": "listings.models.HarvestSource.State",
        "HarvestFrequency": "listings.models.HarvestSource.Frequency",
        "UpdateFrequency": "listings.models.Frequency",
        "HarvestOutcome": "listings.models.HarvestRecord.Outcome",
        "JobState": "kernel.models.Job.State",
        "CertificateState": "kernel.models.Certificate.State",
        "ImportedCertificateKind": "listings.models.ImportedCertificate.Kind",
        "ImportedCertificateState": "listings.models.ImportedCertificate.State",
        "PlanKind": "listings.models.Plan.Kind",
        "CycleEnum": "listings.cycles.Cycle",
        "AccountKind": "settlements.models.Account.Kind",
        "ProductTypeEnum": "accounts.product_types.ProductType",
        "VoucherProgrammeState": "settlements.models.VoucherProgramme.State",
        "VoucherProgrammePayment": "settlements.models.VoucherProgramme.Payment",
        "VoucherState": "settlements.models.VoucherGrant.State",
        "VoucherUseState": "settlements.models.VoucherUse.State",
        "VoucherClawbackState": "settlements.models.VoucherClawback.State",
        "Grade": "listings.models.Grade",
        "QualityGrade": "listings.quality.rules.GRADES",
        "PersonalData": "listings.models.PersonalData",
        "LevelOfChange": "listings.models.DatasetVersion.Level",
        "AgencyReportState": "listings.models.AgencyReport.State",
        "AgencyReportKind": "listings.models.AgencyReport.Kind",
        "RouteCaseState": "listings.models.RouteCase.State",
        "ExportEntryState": "listings.models.ExportEntry.State",
        "CustomsDeclarationState": "listings.models.CustomsDeclaration.State",
        "SplittingAlertState": "listings.models.SplittingAlert.State",
        "RuleSetState": "listings.models.RouteRuleSet.State",
    },
}

# kombu's spelling of a socket address; it would overlook ?db= and use database 0.
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    # A nudge that cannot be sent is given up at once: by default kombu would hold the request for six seconds.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
# Leases of jobs come from their kind; fault tests shorten them all to a few seconds.
JOB_LEASE_SECONDS = env.int("JOB_LEASE_SECONDS", None)

CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(STATE_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "sweep due jobs": {"task": "kernel.run_due_jobs", "schedule": 2.0, "options": {"expires": 10}},
    "watch lapses": {"task": "listings.watch_lapses", "schedule": 3600.0, "options": {"expires": 600}},
    "watch freshness": {"task": "listings.watch_freshness", "schedule": 3600.0, "options": {"expires": 600}},
    "expire entitlements": {"task": "marketplace.expire_entitlements", "schedule": 60.0, "options": {"expires": 60}},
    "follow subscriptions": {"task": "marketplace.follow_subscriptions", "schedule": 60.0, "options": {"expires": 60}},
    "wake pools": {"task": "marketplace.wake_pools", "schedule": 2.0, "options": {"expires": 10}},
    "bill the month": {"task": "marketplace.ask_for_usage_runs", "schedule": 3600.0, "options": {"expires": 600}},
    "revalue positions": {"task": "settlements.ask_for_revaluations", "schedule": 3600.0, "options": {"expires": 600}},
    "renew subscriptions": {"task": "marketplace.ask_for_renewals", "schedule": 3600.0, "options": {"expires": 600}},
    "end lost calls": {"task": "marketplace.close_abandoned_calls", "schedule": 300.0, "options": {"expires": 300}},
    "expire invitations": {"task": "listings.expire_invitations", "schedule": 60.0, "options": {"expires": 60}},
    "expire negotiations": {
        "task": "marketplace.expire_negotiations",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "follow demands": {"task": "marketplace.follow_demands", "schedule": 60.0, "options": {"expires": 60}},
    "expire registrations": {"task": "listings.expire_registrations", "schedule": 3600.0, "options": {"expires": 600}},
    "tend the search": {"task": "listings.tend_search", "schedule": 3600.0, "options": {"expires": 600}},
    "watch the border": {"task": "listings.watch_border", "schedule": 60.0, "options": {"expires": 60}},
    "clear dead tokens": {"task": "accounts.clear_dead_tokens", "schedule": 3600.0, "options": {"expires": 600}},
    "seal the audit log": {"task": "kernel.seal_events", "schedule": 5.0, "options": {"expires": 30}},
}

# An endpoint that speaks OpenAI's protocol (…/v1/embeddings) gives the catalogue its vectors; without one they come
# from a model that is trained on the catalogue itself.
EMBEDDINGS_URL = env.str("EMBEDDINGS_URL", "")
EMBEDDINGS_MODEL = env.str("EMBEDDINGS_MODEL", "")
EMBEDDINGS_KEY = env.str("EMBEDDINGS_KEY", "")

# Without a token only this machine may read /metrics (config/metrics.py).
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
LOGGING = logging_config(env.str("LOG_LEVEL", "INFO"))

LANGUAGE_CODE = "en"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("zh-hant", _("Traditional Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(STATE_DIR / "static")))
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(STATE_DIR / "media")},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = not PRODUCTION

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # JSON bodies; file parts are streamed and have their own limit

# How many of our own proxies stand before the web processes (config/addresses.py).
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": [
            "'self'",
            "'unsafe-inline'",
            "'unsafe-eval'",
        ],  # the console theme evaluates Alpine.js expressions
        "frame-ancestors": ["'none'"],
    }
}


refuse_unsafe_production(globals())
