//! An answer in several pages as one: where the next one is, and their entities put together.

use url::Url;

use crate::json::cursor::{offset, plain_text};
use crate::json::grammar::is_json;
use crate::json::locate::locate;
use crate::json::pointer::Pointer;
use crate::model::feature::NextPage;

/// More pages are no answer that a page shows.
pub const MOST_PAGES: usize = 50;

/// Where the page after this one is; `None` after the last. `link` is the answer's own header.
///
/// # Errors
/// In words, where it is on another host: credentials never follow.
pub fn next(next: &NextPage, asked: &Url, body: &str, link: Option<&str>) -> Result<Option<Url>, String> {
    let target = match next {
        NextPage::Link => link.and_then(next_of_link).map(str::to_owned),
        NextPage::At(pointer) => locate(body, &[pointer])
            .ok()
            .and_then(|found| found[0])
            .filter(|found| found.starts_with('"'))
            .map(|found| plain_text(found).into_owned())
            .filter(|target| !target.is_empty()),
    };
    let Some(target) = target else { return Ok(None) };
    let url = asked.join(&target).map_err(|error| format!("the next page is at no URL: {error}"))?;
    if url.origin() != asked.origin() {
        return Err("the next page is on another host, and credentials never follow".to_owned());
    }
    Ok(Some(url))
}

/// `<https://…>; rel="next"` among others (RFC 8288).
pub fn next_of_link(link: &str) -> Option<&str> {
    let mut rest = link;
    while let Some((_, after)) = rest.split_once('<') {
        let (target, after) = after.split_once('>')?;
        let parameters = after.split('<').next().unwrap_or_default();
        let is_next =
            parameters.split([';', ',']).filter_map(|pair| pair.split_once('=')).any(|(name, value)| {
                name.trim().eq_ignore_ascii_case("rel")
                    && value.trim().trim_matches('"').split(' ').any(|word| word.eq_ignore_ascii_case("next"))
            });
        if is_next {
            return Some(target);
        }
        rest = after;
    }
    None
}

/// The first page with the entities of all, and nothing after it.
///
/// # Errors
/// In words, where a page has no list where its entities should be.
pub fn joined(pages: &[String], select: &Pointer, next: &NextPage) -> Result<String, String> {
    let Some((first, others)) = pages.split_first() else { return Err("no page".to_owned()) };
    let list = |number: usize, page: &'_ str| -> Result<(usize, usize), String> {
        let found = is_json(page).then(|| locate(page, &[select]).ok().and_then(|found| found[0])).flatten();
        let found = found.filter(|found| found.starts_with('['));
        let span = found.and_then(|found| Some((offset(page, found)?, found.len())));
        span.ok_or_else(|| format!("page {number} has no list at {select:?}", select = select.to_string()))
    };
    let (start, length) = list(1, first)?;
    let mut whole = first[..start + length - 1].to_owned();
    let mut is_empty = inside(first, start, length).is_empty();
    for (index, page) in others.iter().enumerate() {
        let (start, length) = list(index + 2, page)?;
        let entities = inside(page, start, length);
        if entities.is_empty() {
            continue;
        }
        if !is_empty {
            whole.push(',');
        }
        whole.push_str(entities);
        is_empty = false;
    }
    whole.push_str(&first[start + length - 1..]);
    let NextPage::At(pointer) = next else { return Ok(whole) };
    let place = locate(&whole, &[pointer]).ok().and_then(|found| found[0]);
    let place = place.and_then(|found| Some((offset(&whole, found)?, found.len())));
    if let Some((start, length)) = place {
        whole.replace_range(start..start + length, "null");
    }
    Ok(whole)
}

fn inside(page: &str, start: usize, length: usize) -> &str {
    page[start + 1..start + length - 1].trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(pointer: &str) -> NextPage {
        NextPage::At(pointer.parse().unwrap())
    }

    #[test]
    fn the_next_page_stays_on_the_host() {
        let asked = Url::parse("https://h/api/x?page=1").unwrap();
        let next = |body: &str| next(&at("/next"), &asked, body, None);
        let url = |text: &str| Ok(Some(Url::parse(text).unwrap()));
        assert_eq!(next(r#"{"next":"https://h/api/x?page=2"}"#), url("https://h/api/x?page=2"));
        assert_eq!(next(r#"{"next":"?page=2"}"#), url("https://h/api/x?page=2"));
        for last in [r#"{"next":null}"#, "{}", r#"{"next":""}"#, "[1]"] {
            assert_eq!(next(last), Ok(None), "{last}");
        }
        assert!(next(r#"{"next":"https://evil/api/x?page=2"}"#).is_err());
        let link = "<https://h/api/x?page=1>; rel=\"prev\", <https://h/api/x?page=3>; title=\"a\"; rel=\"last next\"";
        assert_eq!(super::next(&NextPage::Link, &asked, "[]", Some(link)), url("https://h/api/x?page=3"));
        assert_eq!(next_of_link("<a>; rel=prev, <b"), None);
    }

    #[test]
    fn pages_become_one_answer() {
        let pages = [
            r#"{"next":"?page=2","results":[ {"a":1} ],"count":3}"#.to_owned(),
            r#"{"results":[],"next":"?page=3"}"#.to_owned(),
            r#"{"next":null,"results":[{"a":2},{"a":3.50}]}"#.to_owned(),
        ];
        let whole = joined(&pages, &"/results".parse().unwrap(), &at("/next")).unwrap();
        assert_eq!(whole, r#"{"next":null,"results":[ {"a":1} ,{"a":2},{"a":3.50}],"count":3}"#);
        let lists = ["[]".to_owned(), "[1]".to_owned(), "[2]".to_owned()];
        assert_eq!(joined(&lists, &Pointer::root(), &NextPage::Link).unwrap(), "[1,2]");
        let error = joined(&[pages[0].clone(), "{}".to_owned()], &"/results".parse().unwrap(), &at("/next"));
        assert!(error.unwrap_err().contains("page 2"));
    }
}
