//! What makes sense of an account; no I/O.

use accounts_api::{
    AccountsError, MAX_EMAIL_BYTES, MAX_NAME_CHARS, MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS, NewAccount,
};

/// What common passwords are made of, beside digits and signs: the letters of those that lead every list of leaked ones.
const COMMON: &[&str] = &[
    "",
    "a",
    "abc",
    "abcd",
    "abcde",
    "abcdef",
    "abcdefg",
    "abcdefgh",
    "abcdefghij",
    "admin",
    "administrator",
    "adobe",
    "asdf",
    "asdfgh",
    "asdfghjkl",
    "ashley",
    "baseball",
    "batman",
    "changeme",
    "charlie",
    "computer",
    "daniel",
    "dragon",
    "football",
    "freedom",
    "hello",
    "hunter",
    "iloveyou",
    "jordan",
    "letmein",
    "liverpool",
    "login",
    "lovely",
    "master",
    "michael",
    "monkey",
    "mustang",
    "pass",
    "passphrase",
    "passw",
    "password",
    "passwort",
    "pokemon",
    "princess",
    "qazwsx",
    "qazwsxedc",
    "qwer",
    "qwert",
    "qwerty",
    "qwertyui",
    "qwertyuiop",
    "qwertz",
    "secret",
    "secretpassword",
    "shadow",
    "soccer",
    "starwars",
    "sunshine",
    "superman",
    "test",
    "testtest",
    "trustno",
    "welcome",
    "whatever",
    "zxcvbn",
    "zxcvbnm",
    "passwordpassword",
    "qwertyqwerty",
    "adminadmin",
    "iloveyouiloveyou",
    "letmeinletmein",
];

/// The e-mail address as it is compared.
pub(crate) fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Checks a new account, and gives it without blanks around it.
pub(crate) fn check(request: NewAccount) -> Result<NewAccount, AccountsError> {
    let NewAccount { email, password, name } = request;
    let (email, name) = (email.trim().to_owned(), name.trim().to_owned());
    let refuse =
        |field: &str, reason: String| Err(AccountsError::InvalidAccount { field: field.to_owned(), reason });
    if !is_email(&email) {
        let reason =
            format!("write an e-mail address such as ada@example.org, at most {MAX_EMAIL_BYTES} bytes");
        return refuse("email", reason);
    }
    if !(1..=MAX_NAME_CHARS).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return refuse("name", format!("write 1 to {MAX_NAME_CHARS} characters in one line"));
    }
    check_password(&password, &email, &name)?;
    Ok(NewAccount { email, password, name })
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let plain = |part: &str| {
        !part.is_empty()
            && !part.contains('@')
            && part.chars().all(|it| !it.is_whitespace() && !it.is_control() && !"<>,;:\"()[]\\".contains(it))
    };
    text.len() <= MAX_EMAIL_BYTES
        && plain(local)
        && plain(domain)
        && !domain.starts_with(['.', '-'])
        && !domain.ends_with(['.', '-'])
        && !domain.contains("..")
}

fn check_password(password: &str, email: &str, name: &str) -> Result<(), AccountsError> {
    let weak = |reason: String| Err(AccountsError::WeakPassword { reason });
    let length = password.chars().count();
    if !(MIN_PASSWORD_CHARS..=MAX_PASSWORD_CHARS).contains(&length) {
        return weak(format!("write {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters"));
    }
    let lower = password.to_lowercase();
    let letters = lower.chars().filter(|it| it.is_alphabetic()).collect::<String>();
    if COMMON.contains(&letters.as_str()) && !is_mixed(&lower) {
        return weak(
            "it is among the first that are guessed; take a few words that do not belong together".to_owned(),
        );
    }
    let mut distinct = lower.chars().collect::<Vec<_>>();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < 4 {
        return weak("it repeats the same few characters; take a few words".to_owned());
    }
    let local = email.split('@').next().unwrap_or_default().to_lowercase();
    for own in [local, email.to_lowercase(), name.to_lowercase()] {
        if own.chars().count() >= 4 && lower.contains(&own) {
            return weak("it contains your name or your e-mail address".to_owned());
        }
    }
    Ok(())
}

/// Whether what is not a letter makes a password hard to guess: many digits and signs that are no simple row.
fn is_mixed(lower: &str) -> bool {
    let others = lower.chars().filter(|it| !it.is_alphabetic()).collect::<Vec<_>>();
    let is_row = |pair: &[char]| u32::from(pair[0]).abs_diff(u32::from(pair[1])) <= 1;
    others.len() >= 12 && others.windows(2).filter(|pair| is_row(pair)).count() * 3 < others.len()
}
