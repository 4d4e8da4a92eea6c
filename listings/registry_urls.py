"""Addresses of the register of property rights in data, below /api/v1/."""

from django.urls import URLPattern, path

from listings.api import registry

property_register: list[URLPattern] = [
    path("register", registry.Register.as_view(), name="register"),
    path("registrations", registry.RegistrationList.as_view(), name="registrations"),
    path("registrations/<uuid:registration_id>", registry.RegistrationDetail.as_view(), name="registration"),
    path(
        "registrations/<uuid:registration_id>/accept", registry.RegistrationAccept.as_view(), name="registration-accept"
    ),
    path(
        "registrations/<uuid:registration_id>/decline",
        registry.RegistrationDecline.as_view(),
        name="registration-decline",
    ),
    path(
        "registrations/<uuid:registration_id>/start-review",
        registry.RegistrationStartReview.as_view(),
        name="registration-start-review",
    ),
    path(
        "registrations/<uuid:registration_id>/request-supplement",
        registry.RegistrationRequestSupplement.as_view(),
        name="registration-request-supplement",
    ),
    path(
        "registrations/<uuid:registration_id>/supplement",
        registry.RegistrationSupplement.as_view(),
        name="registration-supplement",
    ),
    path(
        "registrations/<uuid:registration_id>/make-public",
        registry.RegistrationMakePublic.as_view(),
        name="registration-make-public",
    ),
    path(
        "registrations/<uuid:registration_id>/refuse", registry.RegistrationRefuse.as_view(), name="registration-refuse"
    ),
    path(
        "registrations/<uuid:registration_id>/withdraw",
        registry.RegistrationWithdraw.as_view(),
        name="registration-withdraw",
    ),
    path(
        "registrations/<uuid:registration_id>/consent",
        registry.RegistrationConsent.as_view(),
        name="registration-consent",
    ),
    path(
        "registrations/<uuid:registration_id>/extend", registry.RegistrationExtend.as_view(), name="registration-extend"
    ),
    path(
        "registrations/<uuid:registration_id>/confirm",
        registry.RegistrationConfirm.as_view(),
        name="registration-confirm",
    ),
    path(
        "registrations/<uuid:registration_id>/begin-cancellation",
        registry.RegistrationBeginCancellation.as_view(),
        name="registration-begin-cancellation",
    ),
    path(
        "registrations/<uuid:registration_id>/annotate",
        registry.RegistrationAnnotate.as_view(),
        name="registration-annotate",
    ),
    path("registration-annotations", registry.AnnotationList.as_view(), name="registration-annotations"),
    *(
        path(
            f"registration-annotations/<uuid:annotation_id>/{act}",
            view.as_view(),
            name=f"registration-annotation-{act}",
        )
        for act, view in (
            ("confirm", registry.AnnotationConfirm),
            ("reject", registry.AnnotationReject),
            ("ask-to-lift", registry.AnnotationAskToLift),
            ("lift", registry.AnnotationLift),
        )
    ),
    path(
        "registrations/<uuid:registration_id>/object", registry.RegistrationObject.as_view(), name="registration-object"
    ),
    path("registration-objections", registry.ObjectionList.as_view(), name="registration-objections"),
    path(
        "registration-objections/<uuid:objection_id>/notify",
        registry.ObjectionNotify.as_view(),
        name="registration-objection-notify",
    ),
    path(
        "registration-objections/<uuid:objection_id>/answer",
        registry.ObjectionAnswer.as_view(),
        name="registration-objection-answer",
    ),
    path(
        "registration-objections/<uuid:objection_id>/decide",
        registry.ObjectionDecide.as_view(),
        name="registration-objection-decide",
    ),
]
