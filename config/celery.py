"""Celery wiring: a message only wakes a worker; the work itself is a row (kernel/jobs.py)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("dawan")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
