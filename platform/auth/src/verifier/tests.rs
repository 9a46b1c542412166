use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use uuid::Uuid;

use super::*;
use crate::issuer::TokenIssuer;

const CLAIMS: Claims =
    Claims { account_id: Uuid::from_u128(7), admin: true, issued_at_s: 1_000, expires_at_s: 4_600 };

const IDENTITY: Identity = Identity { account_id: Uuid::from_u128(7), admin: true, expires_at_s: 4_600 };

struct Keys {
    directory: tempfile::TempDir,
}

impl Keys {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a temporary directory") }
    }

    fn issuer(&self, number: u64) -> TokenIssuer {
        let path = self.directory.path().join(format!("{number}.key"));
        TokenIssuer::load_or_create(&path, &mut StdRng::seed_from_u64(number)).expect("a new key")
    }

    /// The private key of `issuer(number)`, for tokens that an issuer would not make.
    fn signing_key(&self, number: u64) -> SigningKey {
        let path = self.directory.path().join(format!("{number}.key"));
        SigningKey::from_bytes(&key_file::load_private(&path).expect("the issuer was made"))
    }

    fn verifier(&self) -> TokenVerifier {
        TokenVerifier::from_dir(self.directory.path()).expect("there are keys")
    }
}

fn encode(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

fn is_malformed(result: &Result<Identity, TokenError>) -> bool {
    matches!(result, Err(TokenError::Malformed { .. }))
}

#[test]
fn a_token_says_whom_it_was_issued_for() {
    let keys = Keys::new();
    let issuer = keys.issuer(1);
    let customer = Claims { account_id: Uuid::from_u128(8), admin: false, ..CLAIMS };
    let verifier = keys.verifier();
    assert_eq!(verifier.verify(&issuer.issue(&CLAIMS), 2_000), Ok(IDENTITY));
    assert_eq!(
        verifier.verify(&issuer.issue(&customer), 2_000),
        Ok(Identity { account_id: Uuid::from_u128(8), admin: false, expires_at_s: 4_600 })
    );
}

/// The form of a token is fixed. The key is the first of RFC 8032, section 7.1; the signature was made by OpenSSL.
#[test]
fn a_token_is_the_jwt_that_other_implementations_make() {
    let keys = Keys::new();
    let path = keys.directory.path().join("1.key");
    keys.issuer(1);
    fs::write(&path, "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").expect("our own file");
    let issuer = TokenIssuer::load(&path).expect("a key");
    assert_eq!(issuer.key_id(), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    let header = r#"{"alg":"EdDSA","typ":"JWT","kid":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let payload = concat!(
        r#"{"iss":"cleave","sub":"00000000-0000-0000-0000-000000000007","roles":["admin"],"#,
        r#""iat":1000,"exp":4600}"#
    );
    let signature = "cm2MNe6VHPhSw9qBsfrJ-qCyeZMNOgAPxAUy-yrmNkqSIYzGWSPwIb2QYi_HogQJI7AHsIkFpj-q2TfJPpphAg";
    assert_eq!(issuer.issue(&CLAIMS), format!("{}.{}.{signature}", encode(header), encode(payload)));
}

#[test]
fn a_token_is_refused_from_the_second_of_its_expiry_on() {
    let keys = Keys::new();
    let token = keys.issuer(1).issue(&CLAIMS);
    for now_s in [4_600, 4_601, u64::MAX] {
        assert_eq!(keys.verifier().verify(&token, now_s), Err(TokenError::Expired));
    }
    assert_eq!(keys.verifier().verify(&token, 4_599), Ok(IDENTITY));
}

#[test]
fn a_token_from_the_future_is_refused_beyond_what_clocks_may_differ() {
    let keys = Keys::new();
    let token = keys.issuer(1).issue(&CLAIMS);
    assert_eq!(keys.verifier().verify(&token, 939), Err(TokenError::NotYetValid));
    assert_eq!(keys.verifier().verify(&token, 0), Err(TokenError::NotYetValid));
    assert_eq!(keys.verifier().verify(&token, 940), Ok(IDENTITY));
}

#[test]
fn a_remembered_token_gives_the_same_answer_and_still_expires() {
    let keys = Keys::new();
    let token = keys.issuer(1).issue(&CLAIMS);
    let mut verifier = keys.verifier();
    assert_eq!(verifier.verify(&token, 2_000), Ok(IDENTITY));
    assert_eq!(verifier.remembered.len(), 1);
    // Without keys, only memory can answer.
    verifier.keys_by_header.clear();
    assert_eq!(verifier.verify(&token, 4_599), Ok(IDENTITY));
    assert_eq!(verifier.verify(&token, 4_600), Err(TokenError::Expired));
    assert_eq!(verifier.verify(&token, 0), Err(TokenError::NotYetValid));
    assert_eq!(verifier.verify(&format!("{token}A"), 2_000), Err(TokenError::UnknownKey));
}

#[test]
fn a_refused_token_is_not_remembered() {
    let keys = Keys::new();
    let token = keys.issuer(1).issue(&CLAIMS);
    let verifier = keys.verifier();
    verifier.verify(&token, 5_000).expect_err("it has expired");
    verifier.verify(&format!("{token}A"), 2_000).expect_err("its signature is too long");
    assert_eq!(verifier.remembered.len(), 0);
}

#[test]
fn a_token_of_a_key_that_is_not_here_is_refused() {
    let keys = Keys::new();
    keys.issuer(1);
    let token = Keys::new().issuer(2).issue(&CLAIMS);
    assert_eq!(keys.verifier().verify(&token, 2_000), Err(TokenError::UnknownKey));
}

#[test]
fn a_token_that_names_our_key_and_is_signed_with_another_is_refused() {
    let keys = Keys::new();
    keys.issuer(1);
    let header = token::encoded_header(&keys.signing_key(1).verifying_key());
    let stranger = SigningKey::from_bytes(&[9; 32]);
    let token = token::sign(&stranger, &header, &token::encoded_payload(&CLAIMS));
    assert_eq!(keys.verifier().verify(&token, 2_000), Err(TokenError::BadSignature));
}

#[test]
fn a_token_that_brings_its_own_key_is_refused() {
    let keys = Keys::new();
    keys.issuer(1);
    let stranger = SigningKey::from_bytes(&[9; 32]);
    let header = encode(&format!(
        r#"{{"alg":"EdDSA","jwk":{{"kty":"OKP","crv":"Ed25519","x":"{}"}}}}"#,
        token::key_id(&stranger.verifying_key())
    ));
    let token = token::sign(&stranger, &header, &token::encoded_payload(&CLAIMS));
    assert_eq!(keys.verifier().verify(&token, 2_000), Err(TokenError::UnknownKey));
}

#[test]
fn changed_claims_are_refused() {
    let keys = Keys::new();
    let issuer = keys.issuer(1);
    let verifier = keys.verifier();
    let customer = issuer.issue(&Claims { admin: false, ..CLAIMS });
    verifier.verify(&customer, 2_000).expect("the genuine one is good, and remembered");
    let mut parts: Vec<&str> = customer.split('.').collect();
    let raised = token::encoded_payload(&CLAIMS);
    parts[1] = &raised;
    assert_eq!(verifier.verify(&parts.join("."), 2_000), Err(TokenError::BadSignature));
}

#[test]
fn no_single_changed_character_is_accepted() {
    let keys = Keys::new();
    let token = keys.issuer(1).issue(&CLAIMS);
    let verifier = keys.verifier();
    verifier.verify(&token, 2_000).expect("the genuine one is good, and remembered");
    for position in 0..token.len() {
        let replacement = if token.as_bytes()[position] == b'A' { "B" } else { "A" };
        let mut changed = token.clone();
        changed.replace_range(position..=position, replacement);
        verifier.verify(&changed, 2_000).expect_err("one character differs");
    }
}

#[test]
fn the_algorithm_none_is_refused() {
    let keys = Keys::new();
    keys.issuer(1);
    let key_id = token::key_id(&keys.signing_key(1).verifying_key());
    let payload = token::encoded_payload(&CLAIMS);
    for algorithm in ["none", "None", "NONE"] {
        let header = encode(&format!(r#"{{"alg":"{algorithm}","typ":"JWT","kid":"{key_id}"}}"#));
        for signature in ["", "AAAA"] {
            let token = format!("{header}.{payload}.{signature}");
            assert_eq!(keys.verifier().verify(&token, 2_000), Err(TokenError::UnknownKey));
        }
    }
    let genuine_header = token::encoded_header(&keys.signing_key(1).verifying_key());
    assert!(is_malformed(&keys.verifier().verify(&format!("{genuine_header}.{payload}."), 2_000)));
}

/// The attack makes an HMAC with the public key as its secret. Which HMAC does not matter here: the header is refused
/// before anything reads a signature, and under the genuine header 32 bytes are no signature.
#[test]
fn an_hmac_with_the_public_key_is_refused() {
    let keys = Keys::new();
    keys.issuer(1);
    let public_key = keys.signing_key(1).verifying_key();
    let payload = token::encoded_payload(&CLAIMS);
    let hmac_sha256 = BASE64_URL_SAFE_NO_PAD.encode([0x5a; 32]);
    let header = encode(&format!(r#"{{"alg":"HS256","typ":"JWT","kid":"{}"}}"#, token::key_id(&public_key)));
    let token = format!("{header}.{payload}.{hmac_sha256}");
    assert_eq!(keys.verifier().verify(&token, 2_000), Err(TokenError::UnknownKey));
    let genuine_header = token::encoded_header(&public_key);
    assert!(is_malformed(
        &keys.verifier().verify(&format!("{genuine_header}.{payload}.{hmac_sha256}"), 2_000)
    ));
}

#[test]
fn what_is_not_a_token_is_malformed() {
    let keys = Keys::new();
    let token = keys.issuer(1).issue(&CLAIMS);
    let verifier = keys.verifier();
    let (signed, _) = token.rsplit_once('.').expect("three parts");
    let no_tokens = [
        String::new(),
        "x".to_owned(),
        signed.to_owned(),
        format!("{token}."),
        "é".repeat(600),
        format!("{signed}.="),
    ];
    for no_token in &no_tokens {
        assert!(is_malformed(&verifier.verify(no_token, 2_000)), "{no_token}");
    }
}

#[test]
fn a_signed_payload_of_another_form_is_refused() {
    let keys = Keys::new();
    keys.issuer(1);
    let key = keys.signing_key(1);
    let verify = |payload: &str| {
        let token = token::sign(&key, &token::encoded_header(&key.verifying_key()), &encode(payload));
        keys.verifier().verify(&token, 2_000)
    };
    let payload = concat!(
        r#"{"iss":"cleave","sub":"00000000-0000-0000-0000-000000000007","roles":["admin"],"#,
        r#""iat":1000,"exp":4600}"#
    );
    assert_eq!(verify(payload), Ok(IDENTITY));
    for (genuine, other) in [
        (r#""iss":"cleave""#, r#""iss":"someone""#),
        (r#""iss":"cleave","#, ""),
        (r#","exp":4600"#, ""),
        (r#""exp":4600"#, r#""exp":-1"#),
        (r#""exp":4600"#, r#""exp":"4600""#),
        (r#""exp":4600"#, r#""exp":4600,"exp":9999"#),
        ("000000000007", "7"),
        (r#"["admin"]"#, r#""admin""#),
    ] {
        assert!(payload.contains(genuine));
        assert!(is_malformed(&verify(&payload.replace(genuine, other))), "{other}");
    }
    assert!(is_malformed(&verify("null")));
    let long = payload.replace('}', &format!(r#","note":"{}"}}"#, "x".repeat(1_000)));
    assert!(is_malformed(&verify(&long)));
}

#[test]
fn a_role_and_a_claim_that_are_not_known_give_no_right_and_do_no_harm() {
    let keys = Keys::new();
    keys.issuer(1);
    let key = keys.signing_key(1);
    let payload = concat!(
        r#"{"iss":"cleave","sub":"00000000-0000-0000-0000-000000000007","roles":["auditor"],"#,
        r#""iat":1000,"exp":4600,"admin":true}"#
    );
    let token = token::sign(&key, &token::encoded_header(&key.verifying_key()), &encode(payload));
    assert_eq!(keys.verifier().verify(&token, 2_000), Ok(Identity { admin: false, ..IDENTITY }));
}

#[test]
fn two_keys_are_accepted_while_one_replaces_the_other() {
    let keys = Keys::new();
    let (old, new) = (keys.issuer(1), keys.issuer(2));
    let both = keys.verifier();
    assert_eq!(both.verify(&old.issue(&CLAIMS), 2_000), Ok(IDENTITY));
    assert_eq!(both.verify(&new.issue(&CLAIMS), 2_000), Ok(IDENTITY));

    fs::remove_file(keys.directory.path().join(format!("{}.pub", old.key_id()))).expect("the old key's file");
    let rotated = keys.verifier();
    assert_eq!(rotated.verify(&old.issue(&CLAIMS), 2_000), Err(TokenError::UnknownKey));
    assert_eq!(rotated.verify(&new.issue(&CLAIMS), 2_000), Ok(IDENTITY));
}

#[test]
fn a_lost_public_key_file_is_written_again_and_an_issuer_keeps_its_key() {
    let keys = Keys::new();
    let first = keys.issuer(1);
    fs::remove_file(keys.directory.path().join(format!("{}.pub", first.key_id()))).expect("it was written");
    assert_eq!(keys.issuer(1).key_id(), first.key_id());
    assert_eq!(keys.verifier().verify(&first.issue(&CLAIMS), 2_000), Ok(IDENTITY));
}

#[test]
fn no_keys_is_an_error_that_names_the_directory() {
    let keys = Keys::new();
    for directory in [keys.directory.path().to_owned(), keys.directory.path().join("absent")] {
        let error = TokenVerifier::from_dir(&directory).expect_err("no key is there");
        assert!(matches!(error, KeyFileError::KeysUnavailable { .. }));
        assert!(error.to_string().contains(&directory.display().to_string()), "{error}");
    }
}

#[test]
fn one_bad_public_key_is_an_error_beside_good_ones() {
    let keys = Keys::new();
    keys.issuer(1);
    let path = keys.directory.path().join("bad.pub");
    // The second is no point of the curve; the third is its neutral element, with which anything is "signed".
    let neutral_element: [u8; 32] = std::array::from_fn(|index| u8::from(index == 0));
    for text in [
        "short".to_owned(),
        BASE64_URL_SAFE_NO_PAD.encode([2; 32]),
        BASE64_URL_SAFE_NO_PAD.encode(neutral_element),
    ] {
        fs::write(&path, text).expect("a file in a temporary directory");
        let error = TokenVerifier::from_dir(keys.directory.path()).expect_err("it is no key");
        assert!(matches!(&error, KeyFileError::Malformed { path: named, .. } if *named == path), "{error:?}");
    }
}

#[test]
fn neither_side_prints_a_secret() {
    let keys = Keys::new();
    let issuer = keys.issuer(1);
    let secret = fs::read_to_string(keys.directory.path().join("1.key")).expect("the private key");
    let printed = format!("{issuer:?} {:?}", keys.verifier());
    assert!(printed.contains(&issuer.key_id()));
    assert!(!printed.contains(secret.trim()));
    let secret_bytes = format!("{:?}", keys.signing_key(1).to_bytes());
    assert!(!printed.contains(secret_bytes.trim_matches(['[', ']'])));
}
