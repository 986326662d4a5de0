//! The register of secret values, and the one function that takes them out of what leaves the process.
//!
//! A value is entered where it is read: a variable, a file, a login's answer, a URL. Whatever is then shown,
//! recorded or kept passes [`redacted`], which knows each value plain and in the escapings that carry it: JSON,
//! percent, base64, and cut off at its end. It is one for the process, as the terminal is; it only grows, and it is
//! never shown.

mod forms;
mod search;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use crate::secrets::forms::{base64_forms, percent_forms, plain_forms};
use crate::secrets::search::SecretSearch;

/// What stands where a secret stood.
pub const MARK: &str = "[secret]";

/// Shorter values are no secrets, and would be found everywhere.
const MIN_LEN: usize = 4;

/// Values of letters, digits or both up to this length are taken out only where they stand alone: as a part of
/// a longer word or number they say nothing.
const WEAK_LEN: usize = 7;

/// A secret that is cut off is taken out too, where at least this many characters of it are left.
const HEAD_LEN: usize = 12;

static REGISTER: RwLock<Register> =
    RwLock::new(Register { forms: BTreeSet::new(), heads: BTreeSet::new(), has_space: false, search: None });

struct Register {
    /// Every form, and whether it counts only where it stands alone.
    forms: BTreeSet<(String, bool)>,
    /// How a form begins.
    heads: BTreeSet<String>,
    /// Whether any value has a space, which a form's `+` stands for.
    has_space: bool,
    search: Option<Arc<SecretSearch>>,
}

/// Enters a value that must not leave the process. Of one with an authentication scheme before it the value alone, too.
pub fn register(value: &str) {
    let value = value.trim();
    enter(value);
    if let Some((scheme, credentials)) = value.split_once(' ')
        && SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme))
    {
        enter(credentials.trim());
        if scheme.eq_ignore_ascii_case("basic")
            && let Some((_, password)) =
                forms::decoded_base64(credentials.trim()).as_deref().and_then(|pair| pair.split_once(':'))
        {
            enter(password);
        }
    }
}

/// Enters a header's value: what stands before its first space may be a scheme of whatever name.
pub fn register_header(value: &str) {
    register(value);
    if let Some((_, credentials)) = value.trim().split_once(' ')
        && credentials.len() > WEAK_LEN
    {
        enter(credentials.trim());
    }
}

/// What stands before credentials in headers (IANA's registry, and what is usual besides).
const SCHEMES: [&str; 12] = [
    "Basic",
    "Bearer",
    "Bot",
    "Token",
    "ApiKey",
    "Api-Key",
    "Key",
    "JWT",
    "OAuth",
    "Negotiate",
    "PrivateToken",
    "SSO-Key",
];

fn enter(value: &str) {
    if value.chars().count() < MIN_LEN || is_known_word(value) {
        return;
    }
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    let is_weak = is_number || (value.len() <= WEAK_LEN && value.bytes().all(|b| b.is_ascii_alphanumeric()));
    let mut found: BTreeSet<(String, bool)> = BTreeSet::new();
    let mut heads = BTreeSet::new();
    let plain: BTreeSet<String> = plain_forms(value).into_iter().collect();
    if !is_weak {
        // A server may say back a whole query, and escape that once more.
        // What escapes every character would grow ninefold, and nobody does that twice.
        for form in plain.iter().filter(|form| !form.starts_with('%') || form.len() < 3 * value.len()) {
            found.extend(base64_forms(form).into_iter().map(|form| (form, false)));
            found.extend(percent_forms(form).into_iter().map(|form| (form, false)));
        }
        // Of a signed token the signature is what opens doors; its head is the same for everybody.
        if let Some((_, signature)) =
            value.rsplit_once('.').filter(|(head, tail)| head.contains('.') && tail.len() >= 20)
        {
            found.insert((signature.to_owned(), false));
        }
        // The beginning of a URL is no secret.
        let head: String = value.chars().take(HEAD_LEN).collect();
        if head.len() < value.len() && !value.contains("://") {
            let all = || found.iter().map(|(form, _)| form).chain(&plain);
            let of_head = plain_forms(&head).into_iter().chain(base64_forms(&head));
            heads.extend(of_head.filter(|head| all().any(|form| form.starts_with(head))));
        }
    }
    found.extend(plain.into_iter().map(|form| (form, is_weak)));
    let mut known = REGISTER.write().unwrap_or_else(PoisonError::into_inner);
    if found.is_subset(&known.forms) {
        return;
    }
    known.forms.extend(found);
    known.heads.extend(heads);
    known.has_space |= value.contains(' ');
    known.search = None;
}

/// Enters the password of a URL, and the values of its query whose names say that they are secrets. Works on what
/// is no valid URL too: an error will show it.
pub fn register_url(text: &str) {
    let Some((_, rest)) = text.split_once("://") else { return };
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    // A password may hold an unescaped `/` or `@`; too much is better than too little.
    let user_info = authority.rsplit_once('@').or_else(|| rest.rsplit_once('@')).map(|(before, _)| before);
    if let Some((_, password)) = user_info.and_then(|info| info.split_once(':')) {
        register_decoded(password);
    }
    let query = rest.split_once('?').map_or("", |(_, query)| query.split('#').next().unwrap_or_default());
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        if is_secret_name(name) {
            register_decoded(value);
        }
    }
}

/// As it is written, and as it is meant.
fn register_decoded(written: &str) {
    register(written);
    let meant = url::form_urlencoded::parse(format!("v={}", written.replace('+', "%2B")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned());
    if let Some(meant) = meant {
        register(&meant);
    }
}

/// Enters what the process's variables hold under names that say so.
pub fn register_variables<'v>(variables: impl IntoIterator<Item = (&'v String, &'v String)>) {
    for (name, value) in variables {
        if is_secret_name(name) {
            register(value);
        }
        register_url(value);
    }
}

/// Whether a header, a variable or a query's name says that its value is a secret.
pub fn is_secret_name(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let ends = [
        "token",
        "secret",
        "password",
        "passwd",
        "passphrase",
        "apikey",
        "accesskey",
        "secretkey",
        "privatekey",
        "authkey",
        "authorization",
        "cookie",
        "signature",
        "jwt",
        "bearer",
    ];
    // `PWD` is a folder, and so are credentials in many a variable.
    let is_whole = ["key", "sig", "auth", "pass", "sessionid"];
    ends.iter().any(|end| name.ends_with(end)) || is_whole.contains(&name.as_str())
}

/// The search for everything that is registered, built when it is first needed; `None` where nothing is.
fn search() -> Option<Arc<SecretSearch>> {
    let known = REGISTER.read().unwrap_or_else(PoisonError::into_inner);
    if known.search.is_some() || known.forms.is_empty() {
        return known.search.clone();
    }
    drop(known);
    let mut known = REGISTER.write().unwrap_or_else(PoisonError::into_inner);
    known.search = Some(Arc::new(SecretSearch::of(&known.forms, &known.heads, known.has_space)));
    known.search.clone()
}

/// The text without any registered secret.
pub fn redacted(text: &str) -> Cow<'_, str> {
    let Some(search) = search() else { return Cow::Borrowed(text) };
    let places = search.places(text);
    if places.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut safe = String::new();
    let mut copied = 0;
    for (start, end) in places {
        safe.push_str(&text[copied..start]);
        safe.push_str(MARK);
        copied = end;
    }
    safe.push_str(&text[copied..]);
    Cow::Owned(safe)
}

/// The same of a text that is owned anyway.
pub fn redact(text: String) -> String {
    match redacted(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(safe) => safe,
    }
}

/// A URL as it may be shown: without user and password, query and fragment.
pub fn shown_url(text: &str) -> String {
    let without_query = text.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = without_query.split_once("://") else {
        return redacted(without_query).into_owned();
    };
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    redacted(&format!("{scheme}://{host}")).into_owned()
}

/// Words that are set as passwords in examples and tests, and stand in every other text.
fn is_known_word(value: &str) -> bool {
    ["true", "false", "null", "none", "http", "https"].contains(&value.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

    use super::*;

    #[test]
    fn a_secret_is_found_in_every_escaping_and_nothing_else_is_touched() {
        let secret = "Pä\"ss/w+rd %9\\x";
        register(secret);
        let json = serde_json::json!({ "a": secret, "n": 12 }).to_string();
        let hidden = redacted(&json).into_owned();
        assert_eq!(hidden, format!("{{\"a\":\"{MARK}\",\"n\":12}}"));
        let nested = serde_json::to_string(&json).unwrap();
        let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let hex: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for carried in [secret.to_owned(), nested, form, hex] {
            assert!(redacted(&carried).contains(MARK), "{carried}");
        }
        for before in ["", "u", "us", "user:"] {
            let text = format!("{before}{secret} and more");
            for encoded in [STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                assert!(redacted(&encoded).contains(MARK), "{before}: {encoded}");
            }
        }
        assert!(matches!(redacted("nothing of the kind"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_weak_secret_is_taken_out_where_it_stands_alone() {
        register("73919");
        assert_eq!(redacted("pin 73919!"), format!("pin {MARK}!"));
        for kept in ["{\"price\":73919}", "{\"price\":73919.5}", "1739190", "[1,73919]", "0.73919"] {
            assert_eq!(redacted(kept), kept);
        }
        assert_eq!(redacted("{\"echo\":\"73919\"}"), format!("{{\"echo\":\"{MARK}\"}}"));
    }

    #[test]
    fn urls_are_shown_without_what_may_be_secret() {
        assert_eq!(shown_url("postgres://me:hush@db:5432/x?sslmode=on#f"), "postgres://db:5432/x");
        assert_eq!(shown_url("http://h/p?token=1"), "http://h/p");
        register_url("postgres://me:h%2Fush%21@db/x?api_key=kkkk1234kkkk");
        for secret in ["h%2Fush%21", "h/ush!", "kkkk1234kkkk"] {
            assert_eq!(redacted(secret), MARK, "{secret}");
        }
    }

    #[test]
    fn names_that_say_so_are_secret() {
        for name in ["X-Api-Key", "api_key", "THOR_TOKEN", "Authorization", "Set-Cookie", "key", "PGPASSWORD"]
        {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "X-Forwarded-Proto",
            "account_id",
            "symbol",
            "THOR_TOKEN_FILE",
            "monkey",
            "timeframe",
            "PWD",
            "OLDPWD",
            "XDG_SESSION_ID",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn what_stands_after_a_scheme_is_a_secret_by_itself() {
        register("Bearer HdrS3cret-99abc");
        register_header("Custom v3ry/hidden+thing");
        register(&format!("Basic {}", STANDARD_NO_PAD.encode("bob:pa55/w0rd%long")));
        for secret in ["HdrS3cret-99abc", "v3ry/hidden+thing", "pa55/w0rd%long"] {
            assert_eq!(redacted(&format!("echo {secret}.")), format!("echo {MARK}."));
        }
        assert_eq!(redacted("Bearer and Custom are words"), "Bearer and Custom are words");
    }

    #[test]
    fn a_secret_that_is_cut_off_is_taken_out_from_twelve_characters_on() {
        let token = format!("eyJ-cut/off \"{}", "abcdefghij".repeat(30));
        register(&token);
        for left in [12, 13, 40, 200] {
            let cut_off: String = token.chars().take(left).collect();
            let safe = redacted(&format!("invalid token: {cut_off}")).into_owned();
            // a quote at its end may be the document's own
            assert_eq!(safe.trim_end_matches('"'), format!("invalid token: {MARK}"), "{left}");
            let json = serde_json::to_string(&cut_off).unwrap();
            assert_eq!(redacted(&json), format!("\"{MARK}\""), "{left}");
            let form: String = url::form_urlencoded::byte_serialize(cut_off.as_bytes()).collect();
            assert_eq!(redacted(&format!("?t={form}&x=1")), format!("?t={MARK}&x=1"), "{left}");
        }
        // what the document itself has there stays
        for (value, json) in
            [("cut-off-now\"more", "\"cut-off-now\""), ("cut-off-any\\more", "\"cut-off-any\\\"x\"")]
        {
            register(&format!("{value} and more of it"));
            let safe = redacted(json).into_owned();
            assert!(serde_json::from_str::<String>(&safe).is_ok(), "{safe}");
        }
        let short: String = token.chars().take(11).collect();
        assert_eq!(redacted(&short), short);
        register("postgres://me:hushhush99@db.example.org/x");
        assert_eq!(redacted("postgres://me@db.example.org/y"), "postgres://me@db.example.org/y");
    }

    #[test]
    fn a_secret_that_is_escaped_in_part_only_is_found() {
        register("Part S3cret&+/ =ü9");
        for carried in
            ["Part S3cret%26%2B/ %3Dü9", "Part+S3cret%26%2b%2F+=%C3%BC9", "Part%2520S3cret%2526%2B/ =ü9"]
        {
            assert_eq!(redacted(&format!("k={carried}&z=%41")), format!("k={MARK}&z=%41"), "{carried}");
        }
        for kept in ["100%", "%zz %4", "a%41b", "50%25 off + more"] {
            assert_eq!(redacted(kept), kept);
        }
    }
}
