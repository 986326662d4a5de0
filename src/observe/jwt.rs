//! How long an access token lives, read from the token itself. Nothing is verified: that is the server's
//! business, and the tool only wants to be early.

use std::time::Duration;

use base64::Engine as _;
use serde::Deserialize;

/// The token's life from its issue, where it says both instants; else up to `exp` from `now`.
pub fn lifetime(token: &str, now: jiff::Timestamp) -> Option<Duration> {
    #[derive(Deserialize)]
    struct Claims {
        exp: f64,
        iat: Option<f64>,
    }
    let payload = token.split('.').nth(1)?;
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: Claims = serde_json::from_slice(&json).ok()?;
    // the server's own two clocks readings need no agreement between its clock and ours
    let from = claims.iat.unwrap_or(now.as_second() as f64);
    Duration::try_from_secs_f64((claims.exp - from).max(0.0)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("e30.{}.x", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn the_life_is_read_where_it_is_told() {
        let now = jiff::Timestamp::from_second(1000).unwrap();
        let hours = |token: &str| lifetime(token, now).map(|life| life.as_secs());
        assert_eq!(hours(&token("{\"exp\":19000,\"iat\":1000}")), Some(18000));
        assert_eq!(hours(&token("{\"exp\":1300}")), Some(300));
        assert_eq!(hours(&token("{\"exp\":900}")), Some(0));
        assert_eq!(hours(&token("{}")), None);
        assert_eq!(hours("opaque"), None);
        assert_eq!(hours("a.!!.c"), None);
    }
}
