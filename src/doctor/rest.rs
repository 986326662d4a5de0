//! The links of the REST side: a public endpoint, credentials, the account, the contract that fits.

use serde_json::Value;
use url::Url;

use super::causes::{self, Addresses};
use crate::clock::Clock;
use crate::model::diagnosis::{LikelyCause, Link};
use crate::model::feature::Feature;
use crate::observe::answer;
use crate::observe::auth::{Auth, Bearer};
use crate::observe::http::{Answered, Http};
use crate::observe::rest::asking;
use crate::observe::template::requests;

/// Everything the REST probes share.
pub struct RestProbe<'a> {
    pub http: &'a Http,
    pub clock: Clock,
    pub scene: &'a Addresses,
    pub rest_url: &'a Url,
}

/// An endpoint of a built-in contract that needs no login and tells the two states apart.
const TELLTALE: &str = "/api/global-markets/markets/";

impl RestProbe<'_> {
    async fn get(&self, path: &str, bearer: Option<&Bearer>) -> Result<Answered, String> {
        self.ask(&AskedPath { path: path.to_owned(), body: None }, bearer).await
    }

    async fn ask(&self, asked: &AskedPath, bearer: Option<&Bearer>) -> Result<Answered, String> {
        let request = asking(self.http, &asked.path, asked.body.as_deref());
        let mut request = request.map_err(|error| error.to_string())?;
        if let Some(bearer) = bearer {
            request = bearer.authorize(request);
        }
        self.http.send(self.clock, request).await.map_err(|(_, why)| why.to_string())
    }

    /// Does Thor's API answer at all? AskedPath where no login is needed, if there is such a feature.
    pub async fn status(&self, features: &[Feature]) -> Link {
        const CODE: &str = "rest";
        let Some(asked) =
            first_of(features, |feature| !feature.rest.auth).or_else(|| first_of(features, |_| true))
        else {
            return Link::not_needed(CODE, "no feature is configured");
        };
        let answered = match self.ask(&asked, None).await {
            Ok(answered) => answered,
            Err(why) => return self.unanswered(CODE, &asked.path, &why),
        };
        let shown = place(&asked.path);
        if answered.status == 401 {
            return Link::holds(CODE, format!("{shown} answers and asks for a login"));
        }
        let is_html = is_page(&answered.body);
        match causes::public_rest(answered.status, is_html, shown, self.scene) {
            None => Link::holds(CODE, format!("{shown} answers {}", answered.status)),
            Some(trouble) => Link::broken(CODE, said(shown, &answered), trouble),
        }
    }

    /// Are the credentials taken, and does the account exist? Two links from the same answer.
    pub async fn account(&self, features: &[Feature], auth: &Auth, account: Option<&str>) -> [Link; 2] {
        const AUTH: &str = "auth";
        const ACCOUNT: &str = "account";
        let later = || Link::unknown(ACCOUNT, "not tried before the login works");
        let Some(asked) = first_of(features, |feature| feature.rest.auth) else {
            let none = "no configured feature needs a login";
            return [Link::not_needed(AUTH, none), Link::not_needed(ACCOUNT, none)];
        };
        let shown = place(&asked.path);
        let bearer = match auth.bearer().await {
            Ok(bearer) => bearer,
            Err(error) => {
                let trouble = LikelyCause { cause: error.to_string(), next: error.hint().to_owned() };
                return [Link::broken(AUTH, "no access token", trouble), later()];
            }
        };
        let answered = match self.ask(&asked, bearer.as_ref()).await {
            Ok(answered) => answered,
            Err(why) => return [self.unanswered(AUTH, &asked.path, &why), later()],
        };
        let said = said(shown, &answered);
        match answered.status {
            401 | 403 => {
                let trouble = causes::unauthorized(
                    answered.status,
                    bearer.is_some(),
                    &text(&answered.body),
                    self.scene,
                );
                [Link::broken(AUTH, said, trouble), later()]
            }
            200..=299 if !is_page(&answered.body) => {
                let with = if bearer.is_some() { "the token is accepted" } else { "no login is asked for" };
                [
                    Link::holds(AUTH, with),
                    Link::holds(ACCOUNT, format!("{shown} answers {}", answered.status)),
                ]
            }
            404 if text(&answered.body).contains("No Account matches") => [
                Link::holds(AUTH, "the token is accepted"),
                Link::broken(ACCOUNT, said, causes::account_unknown(account)),
            ],
            status => {
                let trouble = causes::public_rest(status, is_page(&answered.body), shown, self.scene);
                let trouble = trouble.expect("a success that is no page was taken above");
                [Link::unknown(AUTH, "the answer does not tell"), Link::broken(ACCOUNT, said, trouble)]
            }
        }
    }

    /// Which built-in contract the server's answers fit.
    pub async fn fit(&self, configured: &str) -> (Link, Option<String>) {
        const CODE: &str = "contract";
        let fits = match self.get(TELLTALE, None).await {
            Ok(Answered { status: 200..=299, body, .. }) => state_of(&body),
            // Whether REST answers at all is the next link's question.
            Ok(_) | Err(_) => None,
        };
        let link = match fits {
            None if configured == "none" => Link::not_needed(CODE, "no built-in contract is configured"),
            None => Link::unknown(CODE, format!("{TELLTALE} does not tell which state of Thor this is")),
            Some(fits) if configured == "none" => {
                Link::not_needed(CODE, format!("the server answers as {fits}"))
            }
            Some(fits) if fits == configured => Link::holds(CODE, format!("the server answers as {fits}")),
            Some(fits) => {
                let found = format!("the server answers as {fits}, not as {configured}");
                Link::broken(CODE, found, causes::contract(configured, fits))
            }
        };
        (link, fits.map(str::to_owned))
    }

    /// Served flags, if a URL is configured.
    pub async fn flags(&self, url: Option<&Url>) -> Link {
        const CODE: &str = "flags";
        let Some(url) = url else { return Link::not_needed(CODE, "no [flags] served_url is configured") };
        let broken = |why: String| {
            let trouble = causes::flags(&why, url.as_str());
            Link::broken(CODE, why, trouble)
        };
        let Some(path) = url.as_str().strip_prefix(self.rest_url.as_str().trim_end_matches('/')) else {
            return Link::unknown(CODE, "served_url is not below rest_url; `status --flags-url` asks it");
        };
        match self.get(path, None).await {
            Ok(Answered { status: 200..=299, body, .. }) => match serde_json::from_slice::<Value>(&body) {
                Ok(Value::Object(flags)) => {
                    let on = flags.iter().filter(|(_, value)| **value == Value::Bool(true));
                    let on: Vec<&str> = on.map(|(name, _)| name.as_str()).collect();
                    let shown = if on.is_empty() {
                        "none is on".to_owned()
                    } else {
                        format!("on: {}", on.join(", "))
                    };
                    Link::holds(CODE, shown)
                }
                _ => broken("the answer is no JSON object".to_owned()),
            },
            Ok(answered) => broken(said(place(path), &answered)),
            Err(why) => broken(why),
        }
    }

    fn unanswered(&self, code: &str, path: &str, why: &str) -> Link {
        let trouble = LikelyCause {
            cause: if self.scene.is_thor {
                "Thor takes the connection and does not answer: its workers are busy, hang, or wait for the broker"
            } else {
                "the backend takes the connection and does not answer in time"
            }
            .to_owned(),
            next: format!("curl -si -m 30 {}{}", self.scene.rest_url, place(path)),
        };
        Link::broken(code, format!("{}: {why}", place(path)), trouble)
    }
}

/// A request of a feature.
struct AskedPath {
    path: String,
    /// Of a POST.
    body: Option<String>,
}

/// The first request of the first such feature.
fn first_of(features: &[Feature], wanted: impl Fn(&Feature) -> bool) -> Option<AskedPath> {
    let feature = features.iter().find(|feature| wanted(feature))?;
    let path = requests(&feature.rest).into_iter().next()?.path;
    Some(AskedPath { path, body: feature.rest.post.as_ref().map(|post| post.body.clone()) })
}

/// A path without its query, which may hold an account number.
fn place(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}

fn said(path: &str, answered: &Answered) -> String {
    let why = answer::refused(answered.status, answered.location.as_deref(), &answered.body);
    format!("{path}: {why}")
}

fn text(body: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(body)
}

fn is_page(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}

/// State A pages its markets, state B answers with a bare array.
fn state_of(body: &[u8]) -> Option<&'static str> {
    match serde_json::from_slice::<Value>(body).ok()? {
        Value::Object(page) if page.contains_key("results") => Some("thor-a"),
        Value::Array(rows) if rows.iter().all(|row| row.get("key").is_some()) => Some("thor-b"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_states_are_told_apart_by_their_markets() {
        assert_eq!(state_of(br#"{"count":0,"results":[]}"#), Some("thor-a"));
        assert_eq!(state_of(br#"[{"key":"tokyo"}]"#), Some("thor-b"));
        assert_eq!(state_of(br#"{"detail":"no"}"#), None);
        assert_eq!(state_of(b"<html>"), None);
    }

    #[test]
    fn an_account_number_in_a_query_is_not_shown() {
        assert_eq!(place("/api/actandpos/positions?account_id=123"), "/api/actandpos/positions");
    }
}
