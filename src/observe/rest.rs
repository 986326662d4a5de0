//! The REST side: one poller a feature, on a schedule that neither drifts nor overlaps itself.
//!
//! Every poll ends in arrivals: an answer, or a reason why there is none. A poll is never repeated by
//! itself except after a 401 that a fresh token may heal.

use std::sync::Arc;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder};
use tokio::sync::watch;
use tokio::time::sleep_until;

use crate::clock::Clock;
use crate::model::time::Nanos;
use crate::observe::answer;
use crate::observe::auth::{Auth, AuthError, Bearer, Renewal};
use crate::observe::http::{Answered, Http, HttpError, Unanswered};
use crate::observe::queue::{Arrived, Queue, RequestId};
use crate::observe::schedule::Schedule;
use crate::observe::stop::Stop;
use crate::observe::template::Request;

/// Everything the pollers share.
pub struct Rest {
    pub http: Http,
    pub auth: Auth,
    pub clock: Clock,
    pub queue: Arc<Queue>,
    /// Why the run cannot go on: the credentials are refused for good.
    pub fatal: watch::Sender<Option<AuthError>>,
}

/// What one feature's poller is told from outside.
#[derive(Debug, Clone)]
pub struct Wishes {
    /// An extra sample, wanted at this instant; a new wish replaces the one before.
    pub sample: watch::Receiver<Option<Nanos>>,
    /// Turns true when no more polls shall begin.
    pub stop: Stop,
}

/// One feature's requests, and whether they carry credentials.
pub struct Poller {
    pub rest: Arc<Rest>,
    pub feature: usize,
    pub requests: Vec<Request>,
    /// What is sent with each, where they are asked by POST.
    pub body: Option<String>,
    pub schedule: Schedule,
    pub with_credentials: bool,
}

impl Poller {
    /// Polls until told to stop; a poll under way is finished first.
    pub async fn run(mut self, mut wishes: Wishes) {
        let mut regular = self.schedule.next(self.rest.clock.now());
        let mut extra = None;
        loop {
            let due = extra.map_or(regular, |extra: Nanos| extra.min(regular));
            tokio::select! {
                biased;
                () = wishes.stop.asked() => return,
                changed = wishes.sample.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    extra = wishes.sample.borrow_and_update().map(|wanted| self.schedule.extra(wanted));
                    continue;
                }
                () = sleep_until(self.rest.clock.instant(due).into()) => {}
            }
            if extra.is_some_and(|extra| extra <= due) {
                extra = None;
                self.schedule.extra_made(self.rest.clock.now());
            }
            for combination in 0..self.requests.len() {
                self.poll(combination).await;
                if wishes.stop.is_asked() {
                    return;
                }
            }
            if due >= regular {
                regular = self.schedule.next(self.rest.clock.now());
            }
        }
    }

    async fn poll(&mut self, combination: usize) {
        let request = RequestId { feature: self.feature, combination };
        let arrived = match self.get(combination).await {
            Ok(Answered { sent, status: status @ 200..300, body, .. }) => {
                Arrived::Answer { request, sent, status, body }
            }
            Ok(answered) => {
                if let Some(pause) = answered.retry_after {
                    self.schedule.pause_until(self.rest.clock.now() + pause);
                }
                let error = answer::refused(answered.status, answered.location.as_deref(), &answered.body);
                let error = match answered.retry_after {
                    Some(pause) => format!("{error} (asked to wait {pause:?})"),
                    None => error,
                };
                Arrived::RestError { request, sent: answered.sent, error, reached: true }
            }
            Err((sent, why)) => {
                let reached = !matches!(why, Unanswered::Unreachable(_) | Unanswered::Timeout(_));
                Arrived::RestError { request, sent, error: why.to_string(), reached }
            }
        };
        self.rest.queue.push(arrived);
    }

    /// One request; a 401 is answered by a fresh token, then by a fresh login, then it stands.
    async fn get(&mut self, combination: usize) -> Result<Answered, (Nanos, Unanswered)> {
        let mut bearer = None;
        if self.with_credentials {
            bearer = self.settle(self.rest.auth.bearer().await);
        }
        let mut answered = self.send(combination, bearer.as_ref()).await?;
        for how in [Renewal::Refresh, Renewal::Login] {
            if answered.status != 401 || !self.rest.auth.is_configured() {
                break;
            }
            let said = answer::refused(401, None, &answered.body);
            // a public path may turn out not to be one
            self.with_credentials = true;
            let fresh = match &bearer {
                Some(bearer) => self.rest.auth.renew(bearer.generation, how, &said).await,
                None => self.rest.auth.bearer().await,
            };
            let Some(fresh) = self.settle(fresh) else { break };
            answered = self.send(combination, Some(&fresh)).await?;
            bearer = Some(fresh);
        }
        if answered.status == 401 {
            let said = answer::refused(401, None, &answered.body);
            let is_configured = self.rest.auth.is_configured();
            let error = if is_configured { AuthError::TokenRefused(said) } else { AuthError::Missing(said) };
            self.settle(Err(error));
        }
        Ok(answered)
    }

    async fn send(
        &self,
        combination: usize,
        bearer: Option<&Bearer>,
    ) -> Result<Answered, (Nanos, Unanswered)> {
        let path = &self.requests[combination].path;
        let mut request = asking(&self.rest.http, path, self.body.as_deref())
            .map_err(|error| (self.rest.clock.now(), Unanswered::Broken(error.to_string())))?;
        if let Some(bearer) = bearer {
            request = request.header(AUTHORIZATION, bearer.header.clone());
        }
        self.rest.http.send(self.rest.clock, request).await
    }

    /// Without a token the request is still made: its 401 is the observation. A refusal for good is
    /// passed on, since the run cannot go on without its credentials.
    fn settle(&self, bearer: Result<Option<Bearer>, AuthError>) -> Option<Bearer> {
        match bearer {
            Ok(bearer) => bearer,
            Err(error) => {
                if error.is_final() {
                    self.rest.fatal.send_if_modified(|fatal| {
                        let is_first = fatal.is_none();
                        fatal.get_or_insert(error);
                        is_first
                    });
                }
                None
            }
        }
    }
}

/// A GET, or a POST with this body, for JSON.
pub fn asking(http: &Http, path: &str, body: Option<&str>) -> Result<RequestBuilder, HttpError> {
    let request = match body {
        None => http.request(Method::GET, path)?,
        Some(body) => {
            http.request(Method::POST, path)?.header(CONTENT_TYPE, "application/json").body(body.to_owned())
        }
    };
    Ok(request.header(ACCEPT, "application/json"))
}
