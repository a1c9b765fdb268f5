"""The engine: from a file on disk to a verified, cited answer."""
