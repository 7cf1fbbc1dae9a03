"""Vault on S3: the same objects as on a file system, in a bucket."""
