//! Credentials of the REST side: a bearer token given, or earned by logging in and kept fresh.
//!
//! Secrets stay in [`SecretString`] and in header values marked sensitive; no error, log or recording
//! names them.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue, REFERER};
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;

use crate::bounded::{self, MAX_SECRET_FILE};
use crate::clock::Clock;
use crate::environment::Environment;
use crate::json::pointer::Pointer;
use crate::model::time::Nanos;
use crate::observe::http::{Http, Unanswered};
use crate::observe::{answer, jwt};
use crate::{secrets, settings};

/// How long a login that could not be tried (no answer) is not tried again.
const AGAIN_AFTER: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    #[error("the environment variable {name} ({role}) is not set")]
    Unset { name: String, role: &'static str },
    #[error("cannot read the token file {path}: {why}")]
    TokenFile { path: PathBuf, why: String },
    #[error("the token holds characters that a header cannot carry")]
    NotAHeader,
    #[error("credentials are needed and none are configured: {0}")]
    Missing(String),
    #[error("the server does not accept the token: {0}")]
    TokenRefused(String),
    #[error("login at {path} refused: {why}")]
    LoginRefused { path: String, why: String },
    #[error("no answer to the login at {path}: {why}")]
    NoAnswer { path: String, why: String },
}

impl AuthError {
    /// What a person can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unset { .. } => "export it, or change [auth] in thor-cutover.toml",
            Self::TokenFile { .. } | Self::NotAHeader => {
                "the file named by [auth] token_file holds the access token and nothing else"
            }
            Self::Missing(_) => {
                "export the access token in the variable that [auth] token_env names, or configure [auth] login"
            }
            Self::TokenRefused(_) => {
                "the token is expired or of another backend; get a new one, or configure [auth] login so that it is renewed"
            }
            Self::LoginRefused { .. } => {
                "check user and password, and [auth] login: path (its slash included), username_field, access_field, and \
                 csrf_cookie where the server wants a CSRF token"
            }
            Self::NoAnswer { .. } => "is the backend running, and is [backend] rest_url right?",
        }
    }

    /// Whether trying again in this run cannot help, and might lock an account.
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::NoAnswer { .. })
    }
}

/// What a request carries, and which token it was: to tell a stale refusal from a fresh one.
#[derive(Clone)]
pub struct Bearer {
    /// `None` where a login earned cookies only, which the client sends by itself.
    header: Option<HeaderValue>,
    pub generation: u64,
}

impl Bearer {
    /// The request with the token.
    pub fn authorize(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.header {
            Some(header) => request.header(AUTHORIZATION, header.clone()),
            None => request,
        }
    }
}

/// How hard to try after a 401.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// With the refresh token; else by login.
    Refresh,
    /// By login only: a refreshed token was refused too.
    Login,
}

pub struct Auth {
    source: CredentialSource,
    /// What stands before the token.
    scheme: String,
    http: Http,
    clock: Clock,
    state: Mutex<LoginState>,
}

enum CredentialSource {
    None,
    Given(SecretString),
    File(PathBuf),
    Login { login: Box<settings::Login>, username: String, password: SecretString },
}

#[derive(Default)]
struct LoginState {
    /// Whether there is anything that a request could carry.
    is_in: bool,
    header: Option<HeaderValue>,
    generation: u64,
    refresh: Option<SecretString>,
    renew_at: Option<Nanos>,
    /// The last failure, and until when it stands.
    failed: Option<(AuthError, Nanos)>,
}

impl Auth {
    /// Reads what the configuration names from the environment; asks no server yet.
    ///
    /// # Errors
    /// [`AuthError::Unset`]: a login is configured whose variables are not all set.
    pub fn new(
        auth: &settings::AuthSettings,
        environment: &Environment,
        http: Http,
        clock: Clock,
    ) -> Result<Self, AuthError> {
        let given = auth.token_env.as_deref().and_then(|name| environment.get(name));
        let source = match (given, &auth.token_file, &auth.login) {
            (Some(token), _, _) => {
                secrets::register(token);
                CredentialSource::Given(SecretString::from(token.trim().to_owned()))
            }
            (None, Some(path), _) => CredentialSource::File(path.clone()),
            (None, None, Some(login)) => {
                let (name, word) = (&login.username_env, &login.password_env);
                match (environment.get(name), environment.get(word)) {
                    (Some(username), Some(password)) => {
                        secrets::register(password);
                        CredentialSource::Login {
                            login: Box::new(login.clone()),
                            username: username.to_owned(),
                            password: SecretString::from(password.to_owned()),
                        }
                    }
                    (None, None) => CredentialSource::None,
                    (Some(_), None) => return Err(AuthError::Unset { name: word.clone(), role: "password" }),
                    (None, Some(_)) => return Err(AuthError::Unset { name: name.clone(), role: "user" }),
                }
            }
            (None, None, None) => CredentialSource::None,
        };
        Ok(Self {
            source,
            scheme: auth.scheme.clone(),
            http,
            clock,
            state: Mutex::new(LoginState::default()),
        })
    }

    /// Where the login is, if there is one.
    pub fn login_path(&self) -> Option<&str> {
        match &self.source {
            CredentialSource::Login { login, .. } => Some(&login.path),
            _ => None,
        }
    }

    pub fn is_configured(&self) -> bool {
        !matches!(self.source, CredentialSource::None)
    }

    /// The token to send now, earned or renewed first where it is time; `None` without credentials.
    ///
    /// # Errors
    /// [`AuthError`]; a final one is remembered and no server asked again.
    pub async fn bearer(&self) -> Result<Option<Bearer>, AuthError> {
        if !self.is_configured() {
            return Ok(None);
        }
        let mut state = self.state.lock().await;
        let is_due = state.renew_at.is_some_and(|at| at <= self.clock.now());
        if !state.is_in || is_due {
            match self.renew_locked(&mut state, Renewal::Refresh).await {
                // early renewal may fail while the old token still lives: its 401 will tell
                Err(error) if !state.is_in || error.is_final() => return Err(error),
                Err(_) => state.renew_at = Some(self.clock.now() + AGAIN_AFTER),
                Ok(()) => {}
            }
        }
        Ok(state.bearer())
    }

    /// After a 401 with the token of `generation`: another one, unless somebody already renewed it.
    ///
    /// # Errors
    /// [`AuthError`]: nothing more can be tried.
    pub async fn renew(
        &self,
        generation: u64,
        how: Renewal,
        said: &str,
    ) -> Result<Option<Bearer>, AuthError> {
        let mut state = self.state.lock().await;
        if state.generation == generation {
            match &self.source {
                CredentialSource::None => return Ok(None),
                CredentialSource::Given(_) => return Err(AuthError::TokenRefused(said.to_owned())),
                CredentialSource::File(_) if how == Renewal::Login => {
                    return Err(AuthError::TokenRefused(said.to_owned()));
                }
                _ => self.renew_locked(&mut state, how).await?,
            }
        }
        Ok(state.bearer())
    }

    async fn renew_locked(&self, state: &mut LoginState, how: Renewal) -> Result<(), AuthError> {
        if let Some((error, until)) = &state.failed
            && self.clock.now() < *until
        {
            return Err(error.clone());
        }
        let done = match &self.source {
            CredentialSource::None => return Ok(()),
            CredentialSource::Given(token) => state.hold(&self.scheme, token),
            CredentialSource::File(path) => match bounded::read_text(path, MAX_SECRET_FILE) {
                Ok(token) => state.hold(&self.scheme, &SecretString::from(token.trim().to_owned())),
                Err(error) => Err(AuthError::TokenFile { path: path.clone(), why: error.to_string() }),
            },
            CredentialSource::Login { login, username, password } => {
                self.earn(state, how, login, username, password).await
            }
        };
        state.failed = done.as_ref().err().map(|error| {
            let until = if error.is_final() { Nanos::MAX } else { self.clock.now() + AGAIN_AFTER };
            (error.clone(), until)
        });
        done
    }

    async fn earn(
        &self,
        state: &mut LoginState,
        how: Renewal,
        login: &settings::Login,
        username: &str,
        password: &SecretString,
    ) -> Result<(), AuthError> {
        if let (Renewal::Refresh, Some(path), Some(refresh)) = (how, &login.refresh_path, &state.refresh) {
            let name = login.refresh.tokens().last().map_or("refresh", String::as_str);
            let body = serde_json::json!({ name: refresh.expose_secret() });
            // whatever goes wrong with a refresh, the login is the next thing to try
            if let Ok(tokens) = self.post(path, &body, login).await
                && tokens.access.is_some()
            {
                return self.accept(state, tokens);
            }
        }
        if let Some(cookies) = self.http.cookies() {
            cookies.clear();
        }
        if let Some(csrf) = &login.csrf {
            self.earn_csrf(&login.path, csrf).await?;
        }
        let mut body = serde_json::Map::new();
        body.insert(login.username_field.clone(), username.into());
        body.insert(login.password_field.clone(), password.expose_secret().into());
        let tokens = self.post(&login.path, &body.into(), login).await?;
        let before = login.csrf.as_ref().map(|csrf| csrf.cookie.as_str());
        let has_cookies = self.http.cookies().is_some_and(|cookies| cookies.has_other_than(before));
        if tokens.access.is_none() && !has_cookies {
            let why = if login.cookies {
                format!("neither a cookie nor a token at {} in the answer", login.access)
            } else {
                format!("no token at {} in the answer", login.access)
            };
            return Err(AuthError::LoginRefused { path: login.path.clone(), why });
        }
        self.accept(state, tokens)
    }

    /// Asks for the cookie that the login has to say again. What else the answer is does not matter.
    async fn earn_csrf(&self, path: &str, csrf: &settings::Csrf) -> Result<(), AuthError> {
        let refused = |why: String| AuthError::LoginRefused { path: path.to_owned(), why };
        let request = self.http.request(Method::GET, path).map_err(|error| refused(error.to_string()))?;
        if let Err((_, why)) = self.http.send(self.clock, request).await
            && !matches!(why, Unanswered::TooLarge(_))
        {
            return Err(AuthError::NoAnswer { path: path.to_owned(), why: why.to_string() });
        }
        if self.csrf_token(csrf).is_none() {
            return Err(refused(format!("a GET of it sets no cookie {}", csrf.cookie)));
        }
        Ok(())
    }

    fn csrf_token(&self, csrf: &settings::Csrf) -> Option<String> {
        self.http.cookies()?.value(&csrf.cookie)
    }

    fn accept(&self, state: &mut LoginState, tokens: Tokens) -> Result<(), AuthError> {
        let access = tokens.access.as_ref();
        let life = access.and_then(|access| jwt::lifetime(access.expose_secret(), Clock::wall()));
        // a tenth before the end, and a minute at most
        state.renew_at =
            life.map(|life| self.clock.now() + life.saturating_sub((life / 10).min(Duration::from_secs(60))));
        if let Some(refresh) = &tokens.refresh {
            secrets::register(refresh.expose_secret());
        }
        if tokens.refresh.is_some() {
            state.refresh = tokens.refresh;
        }
        match access {
            Some(access) => state.hold(&self.scheme, access),
            None => {
                state.enter(None);
                Ok(())
            }
        }
    }

    async fn post(
        &self,
        path: &str,
        body: &serde_json::Value,
        login: &settings::Login,
    ) -> Result<Tokens, AuthError> {
        let refused = |why: String| AuthError::LoginRefused { path: path.to_owned(), why };
        let mut request =
            self.http.request(Method::POST, path).map_err(|error| refused(error.to_string()))?;
        if let Some(csrf) = &login.csrf
            && let Some(token) = self.csrf_token(csrf)
        {
            let mut token = HeaderValue::from_str(&token).map_err(|_| AuthError::NotAHeader)?;
            token.set_sensitive(true);
            // Django asks by TLS for the page that the form was on, too.
            request = request.header(&csrf.header, token).header(REFERER, self.http.page(path));
        }
        let answered = match self.http.send(self.clock, request.json(body)).await {
            Ok(answered) => answered,
            Err((_, Unanswered::TooLarge(_))) => return Err(refused("an answer without end".to_owned())),
            Err((_, why)) => {
                return Err(AuthError::NoAnswer { path: path.to_owned(), why: why.to_string() });
            }
        };
        match answered.status {
            200..300 => Ok(tokens(&answered.body, login)),
            status => {
                let why = answer::refused(status, answered.location.as_deref(), &answered.body);
                if matches!(status, 429 | 500..) {
                    Err(AuthError::NoAnswer { path: path.to_owned(), why })
                } else {
                    Err(refused(why))
                }
            }
        }
    }
}

impl LoginState {
    fn hold(&mut self, scheme: &str, token: &SecretString) -> Result<(), AuthError> {
        secrets::register(token.expose_secret());
        let value = format!("{scheme} {}", token.expose_secret());
        let mut header = HeaderValue::from_str(value.trim_start()).map_err(|_| AuthError::NotAHeader)?;
        header.set_sensitive(true);
        self.enter(Some(header));
        Ok(())
    }

    fn enter(&mut self, header: Option<HeaderValue>) {
        self.header = header;
        self.is_in = true;
        self.generation += 1;
    }

    fn bearer(&self) -> Option<Bearer> {
        self.is_in.then(|| Bearer { header: self.header.clone(), generation: self.generation })
    }
}

struct Tokens {
    access: Option<SecretString>,
    refresh: Option<SecretString>,
}

/// What a login's answer has where the configuration looks.
fn tokens(body: &[u8], login: &settings::Login) -> Tokens {
    let answer: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let token = |at: &Pointer| {
        let text = answer.pointer(&at.to_string())?.as_str()?;
        (!text.is_empty()).then(|| SecretString::from(text.to_owned()))
    };
    Tokens { access: token(&login.access), refresh: token(&login.refresh) }
}
