//! The payments: what was paid, and the sandbox that plays the provider.
