"""How client secrets are stored. They are long and random, so they need no slow hash, only one that hides them."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class ClientSecretHasher(PBKDF2PasswordHasher):
    """PBKDF2 with few rounds: a secret of 384 random bits cannot be guessed, and tokens are asked for often."""

    algorithm = "pbkdf2_sha256_client_secret"
    iterations = 1000
