//! The requests of one feature: one path, or one for each combination of values of a templated one.

use crate::model::feature::RestSource;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// One request of a poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Path and query, relative to the backend.
    pub path: String,
    /// What filled the template, as (variable, value).
    pub bound: Vec<(String, String)>,
}

/// All requests of one poll, in the order of the variables' names and the values' places.
pub fn requests(rest: &RestSource) -> Vec<Request> {
    let mut requests = vec![Request { path: rest.path.clone(), bound: Vec::new() }];
    for (variable, values) in &rest.for_each {
        let placeholder = format!("{{{variable}}}");
        requests = requests
            .into_iter()
            .flat_map(|request| {
                let placeholder = placeholder.clone();
                values.iter().map(move |value| {
                    let mut bound = request.bound.clone();
                    bound.push((variable.clone(), value.clone()));
                    Request { path: request.path.replace(&placeholder, &encoded(value)), bound }
                })
            })
            .collect();
    }
    requests
}

/// Everything that could mean something in a path or a query is percent-encoded: all but RFC 3986's unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn encoded(value: &str) -> String {
    utf8_percent_encode(value, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;
    use crate::json::pointer::Pointer;

    fn rest(path: &str, for_each: &[(&str, &[&str])]) -> RestSource {
        let values = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        RestSource {
            path: path.to_owned(),
            select: Pointer::root(),
            every: Duration::from_secs(1),
            complete: false,
            for_each: for_each
                .iter()
                .map(|(name, v)| ((*name).to_owned(), values(v)))
                .collect::<BTreeMap<_, _>>(),
            auth: false,
            next: None,
            post: None,
        }
    }

    #[test]
    fn a_plain_path_is_one_request() {
        let requests = requests(&rest("/api/x?a=1", &[]));
        assert_eq!(requests, [Request { path: "/api/x?a=1".to_owned(), bound: Vec::new() }]);
    }

    #[test]
    fn every_combination_is_one_request_and_values_cannot_break_out_of_their_place() {
        let requests = requests(&rest(
            "/s?m={market}&f={symbol}",
            &[("market", &["USA", "A&B=/é"]), ("symbol", &["ES"])],
        ));
        let paths: Vec<_> = requests.iter().map(|request| request.path.as_str()).collect();
        assert_eq!(paths, ["/s?m=USA&f=ES", "/s?m=A%26B%3D%2F%C3%A9&f=ES"]);
        assert_eq!(requests[1].bound[0], ("market".to_owned(), "A&B=/é".to_owned()));
    }
}
