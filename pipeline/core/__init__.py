"""The nouns and the ports: what everything else is built from. No I/O here."""
