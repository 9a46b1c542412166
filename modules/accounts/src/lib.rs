//! The accounts: who you are, passwords and access tokens.
