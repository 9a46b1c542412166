//! The notifications: what customers are told, and the e-mails that tell them.
