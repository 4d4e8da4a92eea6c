"""Texts of the frameworks that people see here and that the frameworks do not give in both kinds of Chinese.

They are collected with our own (config/messages.py) and need not be imported: our catalogue comes first.
"""

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

DJANGO = (
    _("Error:"),
    _("Add link"),
    _("Change or view list link"),
    _("Model name"),
    _("Forgotten your login credentials?"),
    ngettext_lazy(
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
        "min_length",
    ),
)
OAUTH = (_("client ID"), _("created"), _("updated"))
SWAGGER = (_("No response body"), _("Unspecified response body"))
REST = (
    _("Invalid input."),
    _("Malformed request."),
    _("A server error occurred."),
    _("Authentication credentials were not provided."),
    _("Incorrect authentication credentials."),
    _("Could not satisfy the request Accept header."),
    _('Unsupported media type "{media_type}" in request.'),
    _("Request was throttled."),
    _("Expected available in {wait} second."),
    _("Expected available in {wait} seconds."),
    _("Must be a valid boolean."),
    _("Not a valid string."),
    _("This value does not match the required pattern."),
    _("Must be a valid UUID."),
    _("A valid biginteger is required."),
    _("Integer value too large to convert to float"),
    _("Ensure that there are no more than {max_digits} digits in total."),
    _("Ensure that there are no more than {max_decimal_places} decimal places."),
    _("Ensure that there are no more than {max_whole_digits} digits before the decimal point."),
    _("Datetime has wrong format. Use one of these formats instead: {format}."),
    _('Invalid datetime for the timezone "{timezone}".'),
    _("Datetime value out of range."),
    _("Date has wrong format. Use one of these formats instead: {format}."),
    _("Duration has wrong format. Use one of these formats instead: {format}."),
    _("Ensure this field has at least {min_length} elements."),
    _("Ensure this field has no more than {max_length} elements."),
    _('Expected a dictionary of items but got type "{input_type}".'),
    _("This dictionary may not be empty."),
    _("Incorrect type. Expected pk value, received {data_type}."),
    _("The fields {field_names} must make a unique set."),
    _("Surrogate characters are not allowed: U+{code_point:X}."),
    _("Multiple values may be separated by commas."),
    _("Range query expects two values."),
)
