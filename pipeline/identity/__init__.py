"""Identity: who somebody is: accounts, second factors, sessions, tokens, and subjects of an identity provider.

Rights are no part of it: they stand in the register ``people``, and are looked up at the moment of use.
"""
