//! PostgreSQL: a server, and the database on it in which every module has a schema and a user of its own.

use super::Role;

/// Connections of one pool, at most, that write.
pub(super) const WRITERS: u32 = 4;

/// Where a database server is, and as whom it may be administered.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    /// `USER` or `USER:PASSWORD` of who may make users and schemas, as it stands in the URL.
    admin: Option<String>,
    /// `HOST`, `HOST:PORT`, or the escaped path of a socket's folder.
    host: String,
    database: String,
    /// `?sslmode=verify-full` and the like, or nothing.
    parameters: String,
}

impl Server {
    /// What stands behind the scheme and its colon; none where that names no database.
    pub(crate) fn parse(place: &str) -> Option<Self> {
        let rest = place.strip_prefix("//")?;
        let (authority, path) = rest.split_once('/')?;
        let (admin, host) = match authority.rsplit_once('@') {
            Some((admin, host)) => (Some(admin.to_owned()), host),
            None => (None, authority),
        };
        let (database, parameters) = match path.find('?') {
            Some(at) => path.split_at(at),
            None => (path, ""),
        };
        // The names of users and schemas are made of it.
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let is_name = !database.is_empty() && database.bytes().all(is_plain);
        is_name.then(|| Self {
            admin,
            host: host.to_owned(),
            database: database.to_owned(),
            parameters: parameters.to_owned(),
        })
    }

    /// The URL as whoever may make users and schemas.
    pub(crate) fn admin_url(&self) -> String {
        let admin = self.admin.as_ref().map(|admin| format!("{admin}@")).unwrap_or_default();
        format!("postgres://{admin}{}/{}{}", self.host, self.database, self.parameters)
    }

    pub(crate) fn without_admin(&self) -> String {
        format!("postgres://{}/{}{}", self.host, self.database, self.parameters)
    }

    /// The URL as a module's own user.
    pub(crate) fn url_of(&self, module: &str, password: Option<&str>) -> String {
        let password = password.map(|password| format!(":{password}")).unwrap_or_default();
        let (user, Self { host, database, parameters, .. }) = (self.user_of(module), self);
        format!("postgres://{user}{password}@{host}/{database}{parameters}")
    }

    /// A module's user. Users belong to the whole server, so the name of the database is a part of theirs.
    pub(crate) fn user_of(&self, module: &str) -> String {
        format!("{}_{module}", self.database)
    }

    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// The URL without who administers it, and without parameters.
    pub(crate) fn shown(&self) -> String {
        format!("postgres://{}/{}", self.host, self.database)
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.shown())
    }
}

/// The oldest major version that is let in, though only newer ones were tried: earlier ones get no mends any more
/// (<https://www.postgresql.org/support/versioning>).
pub(crate) const OLDEST_MAJOR: u32 = 14;

/// The major version of a server, of what it says of itself: `150018`, by `SHOW server_version_num`.
pub(super) fn major_of(version_num: &str) -> Option<u32> {
    version_num.parse::<u32>().ok().map(|number| number / 10_000)
}

pub(super) fn session_setup(role: Role) -> &'static str {
    match role {
        // A process that hangs must not hold a row for ever that others write.
        Role::Writer => {
            "SET synchronous_commit = on; SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '15s'"
        }
        Role::Reader => "SET default_transaction_read_only = on",
    }
}

/// A URL as it may be shown: without the user and the password that stand in front of its host.
pub fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}…{}", &url[..scheme + 3], &url[at..]),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_gives_each_module_a_user_of_its_own() {
        let server = Server::parse("//root:secret@db.example:5433/shop?sslmode=require").expect("a server");
        assert_eq!(
            server.url_of("cart", Some("pw")),
            "postgres://shop_cart:pw@db.example:5433/shop?sslmode=require"
        );
        assert_eq!(server.admin_url(), "postgres://root:secret@db.example:5433/shop?sslmode=require");
        assert_eq!(server.without_admin(), "postgres://db.example:5433/shop?sslmode=require");
        let socket = Server::parse("//%2Frun%2Fpostgresql/shop").expect("a server");
        assert_eq!(socket.url_of("cart", None), "postgres://shop_cart@%2Frun%2Fpostgresql/shop");
    }

    #[test]
    fn a_password_is_shown_nowhere() {
        let server = Server::parse("//root:secret@db.example/shop").expect("a server");
        assert_eq!(format!("{server:?}"), "postgres://db.example/shop");
        assert_eq!(without_password("mysql://root:secret@db/x"), "mysql://…@db/x");
    }

    #[test]
    fn a_server_tells_its_version() {
        assert_eq!(["130022", "150018", "180000", "new"].map(major_of), [Some(13), Some(15), Some(18), None]);
    }

    #[test]
    fn a_name_that_cannot_be_a_part_of_a_users_name_is_refused() {
        for place in ["//host", "//host/", "//host/Shop", "//host/a b", "//host/a\"b", "host/shop"] {
            assert!(Server::parse(place).is_none(), "{place}");
        }
    }
}
