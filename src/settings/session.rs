//! Market sessions: the features and time zones they name exist, their days are calendar weekdays.

use jiff::civil::Weekday;

use crate::contract::tree::{Problem, WrittenNode};
use crate::error::nearest;
use crate::model::session::Session;
use crate::settings::written::{Day, SessionWritten};

pub(super) fn sessions<'f>(
    tree: &WrittenNode,
    written: Vec<SessionWritten>,
    known: impl Iterator<Item = &'f str> + Clone,
) -> Result<Vec<Session>, Problem> {
    let mut sessions: Vec<Session> = Vec::with_capacity(written.len());
    for (at, session) in written.into_iter().enumerate() {
        let index = at.to_string();
        let node = tree.find(&["session", &index]).unwrap_or(tree);
        let built_in = node.place.built_in;
        if !built_in {
            check_session(node, &session, known.clone())?;
        }
        if session.name.trim().is_empty() {
            return Err(Problem::at(node.place_of(&["name"]), "a session needs a name"));
        }
        if sessions.iter().any(|earlier| earlier.name == session.name) {
            return Err(Problem::at(
                node.place_of(&["name"]),
                format!("a second session {:?}", session.name),
            ));
        }
        let days = session.days.unwrap_or_else(|| vec![Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri]);
        sessions.push(Session {
            name: session.name,
            time_zone: session.time_zone,
            open: session.open,
            close: session.close,
            days: days.into_iter().map(weekday).collect(),
            holidays: session.holidays,
            early_close: session.early_close,
            holidays_until: session.holidays_until,
            features: session.features,
        });
    }
    Ok(sessions)
}

/// A user's session names features that exist, a known time zone and at least one day. The built-in one may
/// name features that the chosen contract lacks.
fn check_session<'f>(
    node: &WrittenNode,
    session: &SessionWritten,
    known: impl Iterator<Item = &'f str> + Clone,
) -> Result<(), Problem> {
    for (at, feature) in session.features.iter().enumerate() {
        if !known.clone().any(|known| known == feature) {
            let place = node.place_of(&["features", &at.to_string()]);
            let problem = Problem::at(place, format!("unknown feature `{feature}`"));
            return Err(match nearest(feature, known.clone()) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint(format!("known features: {}", known.collect::<Vec<_>>().join(", "))),
            });
        }
    }
    if session.days.as_ref().is_some_and(Vec::is_empty) {
        return Err(Problem::at(node.place_of(&["days"]), "a session without days never takes place"));
    }
    for (day, close) in &session.early_close {
        let place = node.place_of(&["early_close", &day.to_string()]);
        let is_within = session.close <= session.open || (session.open < *close && *close < session.close);
        if !is_within {
            let problem = Problem::at(place, format!("{day} would close at {close}"));
            return Err(problem.hint(format!(
                "a half day closes after it opens at {} and before {}",
                session.open, session.close
            )));
        }
        if session.holidays.contains(day) {
            return Err(Problem::at(place, format!("{day} is a holiday already"))
                .hint("a holiday has no session, a half day has a shorter one: take one of the two out"));
        }
    }
    let listed = session.holidays.iter().chain(session.early_close.keys()).max();
    if let Some(until) = session.holidays_until
        && let Some(last) = listed.filter(|last| **last > until)
    {
        let place = node.place_of(&["holidays_until"]);
        return Err(Problem::at(place, format!("holidays_until is {until}, and {last} is listed"))
            .hint("name the last day of the calendar that the list was taken from"));
    }
    jiff::tz::TimeZone::get(&session.time_zone).map_err(|error| {
        Problem::at(node.place_of(&["time_zone"]), error).hint("an IANA name, such as America/New_York")
    })?;
    Ok(())
}

fn weekday(day: Day) -> Weekday {
    match day {
        Day::Mon => Weekday::Monday,
        Day::Tue => Weekday::Tuesday,
        Day::Wed => Weekday::Wednesday,
        Day::Thu => Weekday::Thursday,
        Day::Fri => Weekday::Friday,
        Day::Sat => Weekday::Saturday,
        Day::Sun => Weekday::Sunday,
    }
}
