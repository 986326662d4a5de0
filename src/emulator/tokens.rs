//! Access and refresh tokens as SimpleJWT makes them: HS256, `token_type`, `exp`.
//!
//! The key is in the source on purpose: it guards invented data on a loopback port.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// Who may log in.
pub const USER: &str = "trader@thor.test";
/// With this.
pub const PASSWORD: &str = "correct-horse-battery";

const KEY: &[u8] = b"the emulator's key signs nothing of value";
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum TokenKind {
    Access,
    Refresh,
}

#[derive(Debug, Serialize, Deserialize)]
struct TokenClaims {
    token_type: TokenKind,
    /// Seconds of the epoch.
    exp: i64,
    iat: i64,
    user_id: u32,
    /// Tokens of an earlier generation are as good as expired.
    generation: u64,
}

/// A signed token that is good for `lifetime`.
pub(super) fn issue(kind: TokenKind, generation: u64, now: Timestamp, lifetime: Duration) -> String {
    let iat = now.as_second();
    let exp = iat.saturating_add_unsigned(lifetime.as_secs());
    let claims = TokenClaims { token_type: kind, exp, iat, user_id: 1, generation };
    let claims = serde_json::to_string(&claims).expect("plain claims are JSON");
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(mac(&signed).finalize().into_bytes());
    format!("{signed}.{signature}")
}

/// Whether a token of this kind is ours, of this generation and not expired.
pub(super) fn is_good(token: &str, kind: TokenKind, generation: u64, now: Timestamp) -> bool {
    let Some((signed, signature)) = token.rsplit_once('.') else { return false };
    let Some((_, claims)) = signed.split_once('.') else { return false };
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
    let Ok(claims) = URL_SAFE_NO_PAD.decode(claims) else { return false };
    let Ok(claims) = serde_json::from_slice::<TokenClaims>(&claims) else { return false };
    mac(signed).verify_slice(&signature).is_ok()
        && claims.token_type == kind
        && claims.generation == generation
        && claims.exp > now.as_second()
}

fn mac(signed: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY).expect("HMAC takes a key of any length");
    mac.update(signed.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_kind_its_time_and_its_generation() {
        let now: Timestamp = "2026-11-23T14:30:00Z".parse().unwrap();
        let hour = Duration::from_secs(3_600);
        let token = issue(TokenKind::Access, 0, now, hour);
        assert!(is_good(&token, TokenKind::Access, 0, now));
        assert!(!is_good(&token, TokenKind::Refresh, 0, now));
        assert!(!is_good(&token, TokenKind::Access, 1, now));
        assert!(!is_good(&token, TokenKind::Access, 0, now + jiff::SignedDuration::from_secs(3_600)));
        let forged = token.replacen('A', "B", 1);
        assert!(!is_good(&forged, TokenKind::Access, 0, now));
        assert!(!is_good("", TokenKind::Access, 0, now));
    }
}
