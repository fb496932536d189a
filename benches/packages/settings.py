"""Settings of the Django project that the packages are measured with. What differs comes from the environment."""

import os
from urllib.parse import parse_qs, unquote, urlsplit

PACKAGE = os.environ["PACKAGE"]
IS_DT = PACKAGE == "django-tenants"
CLONE = os.environ.get("CLONE") == "1"


def database(url):
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django_tenants.postgresql_backend" if IS_DT else "django_pgschemas.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or query.get("user", "")),
        "PASSWORD": unquote(parts.password or query.get("password", "")),
        "HOST": unquote(query.get("host", "") or parts.hostname or ""),
        "PORT": query.get("port", "") or str(parts.port or ""),
    }


DATABASES = {"default": database(os.environ["DATABASE_URL"])}
SECRET_KEY = "only measured, never served"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django_tenants" if IS_DT else "django_pgschemas",
    "customers",
    "sapp",
    "tapp",
]
LOGGING_CONFIG = None

if IS_DT:
    SHARED_APPS = ["django.contrib.contenttypes", "django_tenants", "customers", "sapp"]
    TENANT_APPS = ["tapp"]
    TENANT_MODEL = "customers.Client"
    TENANT_DOMAIN_MODEL = "customers.Domain"
    DATABASE_ROUTERS = ("django_tenants.routers.TenantSyncRouter",)
    TENANT_MULTIPROCESSING_MAX_PROCESSES = int(os.environ.get("WORKERS", "2"))
    TENANT_MULTIPROCESSING_CHUNKS = 2
    if CLONE:
        TENANT_BASE_SCHEMA = "tmpl"
        TENANT_CREATION_FAKES_MIGRATIONS = True
else:
    DATABASE_ROUTERS = ("django_pgschemas.routers.TenantAppsRouter",)
    TENANTS = {
        "public": {"APPS": ["django.contrib.contenttypes", "django_pgschemas", "customers", "sapp"]},
        "default": {
            "TENANT_MODEL": "customers.Client",
            "DOMAIN_MODEL": "customers.Domain",
            "APPS": ["tapp"],
            "URLCONF": "settings",
        },
    }
    if CLONE:
        TENANTS["default"]["CLONE_REFERENCE"] = "tmpl"
    PGSCHEMAS_PARALLEL_MAX_PROCESSES = int(os.environ.get("WORKERS", "2"))
