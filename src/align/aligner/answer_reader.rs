//! What an answer of REST's says.

use crate::align::aligner::message_reader::check;
use crate::diff::field_table::{FieldTable, Side};
use crate::diff::normalise::{self, Batch};
use crate::diff::template::{MessageTemplate, ParseToken, Wanted};
use crate::json::cursor::Malformed;
use crate::json::locate::locate;
use crate::json::pointer::Pointer;
use crate::model::feature::Feature;
use crate::model::observation::RestAnswer;
use crate::model::rest_cause::{RestCause, Unusable};

/// Reads the answers of one feature.
#[derive(Debug)]
pub(super) struct AnswerReader {
    select: Pointer,
    template: MessageTemplate,
}

impl AnswerReader {
    pub fn of(feature: &Feature) -> Self {
        Self { select: feature.rest.select.clone(), template: MessageTemplate::default() }
    }

    pub fn preparse(&mut self, text: &str) -> Option<ParseToken> {
        self.template.preparse(text)
    }

    /// Reads an answer's entities into `batch`; returns the selected text.
    ///
    /// # Errors
    /// Where it is no JSON, has nothing to select, or is one page of several.
    pub fn read<'a>(
        &mut self,
        plan: &mut FieldTable,
        answer: &'a RestAnswer<'_>,
        token: Option<ParseToken>,
        batch: &mut Batch,
    ) -> Result<&'a str, Unusable> {
        let text = &*answer.body;
        if let Some(fit) = self.template.fit(text, token) {
            let span = fit.span;
            refuse_page(fit.scalar(0))?;
            normalise::read_match(plan, Side::Rest, fit, &answer.bound, batch).map_err(unreadable)?;
            return Ok(&text[span.0..span.1]);
        }
        check(&answer.body).map_err(unreadable)?;
        let select = &self.select;
        let found = locate(text, &[select.clone(), Pointer::root().join("next")]).map_err(unreadable)?;
        let Some(selected) = found[0] else {
            return Err(Unusable::new(RestCause::Body, format!("no {select} in the answer")));
        };
        refuse_page(found[1])?;
        normalise::read(plan, Side::Rest, selected, &answer.bound, batch).map_err(unreadable)?;
        let wanted = Wanted { selected, scalars: &found[1..] };
        self.template.learn(plan, Side::Rest, text, wanted);
        Ok(selected)
    }
}

fn unreadable(malformed: Malformed) -> Unusable {
    Unusable::new(RestCause::Body, malformed.0)
}

/// A list that goes on elsewhere is not the whole state.
fn refuse_page(next: Option<&str>) -> Result<(), Unusable> {
    match next {
        Some(next) if next.starts_with('"') => {
            Err(Unusable::new(RestCause::Pages, "only the first page of several: `next` names another one"))
        }
        _ => Ok(()),
    }
}
