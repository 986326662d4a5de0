//! The REST side: one poller a feature, on a schedule that neither drifts nor overlaps itself.
//!
//! Every poll ends in arrivals: an answer, or a reason why there is none. A poll is never repeated by
//! itself except after a 401 that a fresh token may heal.

use std::sync::Arc;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue, IF_NONE_MATCH};
use reqwest::{Method, RequestBuilder, Url};
use tokio::sync::watch;
use tokio::time::sleep_until;

use crate::clock::Clock;
use crate::json::pointer::Pointer;
use crate::model::feature::NextPage;
use crate::model::rest_cause::{RestCause, Unusable};
use crate::model::text::{cut, visible};
use crate::model::time::Nanos;
use crate::observe::auth::{Auth, AuthError, Bearer, Renewal};
use crate::observe::http::{Answered, Http, HttpError, Unanswered};
use crate::observe::queue::{Arrived, Queue, RequestId};
use crate::observe::schedule::Schedule;
use crate::observe::stop::Stop;
use crate::observe::template::Request;
use crate::observe::{answer, pages};
use crate::secrets::redacted;

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
    /// Where the entities are, and where an answer in pages goes on.
    pub select: Pointer,
    pub next: Option<NextPage>,
    /// Of each request the newest answer that has an ETag.
    pub known: Vec<Option<HeldAnswer>>,
}

/// An answer of which the server can say that it still holds.
#[derive(Debug)]
pub struct HeldAnswer {
    etag: HeaderValue,
    status: u16,
    body: Vec<u8>,
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
                () = sleep_until(self.rest.clock.instant(due)) => {}
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
            Ok(answered @ Answered { status: 200..300, .. }) => {
                let (sent, status) = (answered.sent, answered.status);
                match self.whole(combination, answered).await {
                    Ok(body) => Arrived::Answer { request, sent, status, body },
                    Err(why) => Arrived::RestError { request, sent, why },
                }
            }
            Ok(Answered { sent, status: 304, .. }) => match &self.known[combination] {
                // Unchanged: what was said before is the answer.
                Some(HeldAnswer { status, body, .. }) => {
                    Arrived::Answer { request, sent, status: *status, body: body.clone() }
                }
                None => {
                    let why = "304 Not Modified, and there is no answer before it";
                    Arrived::RestError { request, sent, why: Unusable::new(RestCause::Status(304), why) }
                }
            },
            Ok(answered) => {
                if let Some(pause) = answered.retry_after {
                    self.schedule.pause_until(self.rest.clock.now() + pause);
                }
                let mut why = refusal(&answered);
                if let Some(pause) = answered.retry_after {
                    why.why.push_str(&format!(" (asked to wait {pause:?})"));
                }
                Arrived::RestError { request, sent: answered.sent, why }
            }
            Err((sent, why)) => Arrived::RestError { request, sent, why: why.into() },
        };
        self.rest.queue.push(arrived);
    }

    /// The body of an answer, the pages after it included. It is remembered where the server can say that it still holds.
    async fn whole(&mut self, combination: usize, answered: Answered) -> Result<Vec<u8>, Unusable> {
        let Answered { status, etag, link, body, .. } = answered;
        let of_pages = |why: String| Unusable::new(RestCause::Pages, why);
        let Some(next) = self.next.clone() else {
            if let Some(link) = link.as_deref().and_then(pages::next_of_link) {
                let place = link.split('?').next().unwrap_or_default();
                let place = cut(&visible(&redacted(place)), 80);
                return Err(of_pages(format!(
                    "only the first page of several: `Link` names a next one at {place}; set rest.next = \"link\""
                )));
            }
            self.known[combination] = etag.map(|etag| HeldAnswer { etag, status, body: body.clone() });
            return Ok(body);
        };
        let no_text = |_| Unusable::new(RestCause::Body, "the body is not UTF-8");
        let text = |body: Vec<u8>| String::from_utf8(body).map_err(no_text);
        let path = &self.requests[combination].path;
        let mut url =
            self.rest.http.url(path).map_err(|error| Unusable::new(RestCause::Other, error.to_string()))?;
        let (mut all, mut link, mut size) = (vec![text(body)?], link, 0);
        while let Some(page) =
            pages::next(&next, &url, all.last().map_or("", String::as_str), link.as_deref())
                .map_err(of_pages)?
        {
            size += all.last().map_or(0, String::len);
            if all.len() == pages::MOST_PAGES || size > self.rest.http.max_body() || page == url {
                return Err(of_pages(format!("it does not end after {} pages", all.len())));
            }
            let of_this =
                |Unusable { cause, why }| Unusable::new(cause, format!("page {}: {why}", all.len() + 1));
            let answered = self.page(page.clone()).await.map_err(|why| of_this(why.into()))?;
            if !(200..300).contains(&answered.status) {
                return Err(of_this(refusal(&answered)));
            }
            link = answered.link;
            all.push(text(answered.body)?);
            url = page;
        }
        // An ETag is of one page, and says nothing of the others.
        if all.len() == 1 {
            return Ok(all.remove(0).into_bytes());
        }
        pages::joined(&all, &self.select, &next).map(String::into_bytes).map_err(of_pages)
    }

    async fn page(&mut self, url: Url) -> Result<Answered, Unanswered> {
        let mut request = self.rest.http.follow(url).header(ACCEPT, "application/json");
        if self.with_credentials
            && let Some(bearer) = self.settle(self.rest.auth.bearer().await)
        {
            request = bearer.authorize(request);
        }
        self.rest.http.send(self.rest.clock, request).await.map_err(|(_, why)| why)
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
            request = bearer.authorize(request);
        }
        if let Some(known) = self.known[combination].as_ref().filter(|_| self.body.is_none()) {
            request = request.header(IF_NONE_MATCH, known.etag.clone());
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

/// Why an answer of this status brings no data.
fn refusal(answered: &Answered) -> Unusable {
    answer::of_status(answered.status, answered.location.as_deref(), &answered.body)
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
