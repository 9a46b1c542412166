//! What can go wrong with a server.
