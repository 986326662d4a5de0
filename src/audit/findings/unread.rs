//! Files that name a feature and could not be read, or not wholly: what they hold of it is not known.

use crate::audit::facts;
use crate::audit::names::FeatureNames;
use crate::model::facts::audit::{Confidence, FindingKind, Searched};
use crate::model::gate::Place;

use super::collector::{Collector, Draft};

pub(in crate::audit) fn add(searched: &Searched, features: &[FeatureNames], collector: &mut Collector) {
    let mut drafts = Vec::new();
    for file in &searched.unparsed {
        let of_sources = |names: &&FeatureNames| {
            let own = collector.of_feature(&names.feature);
            file.mentions.contains(&names.feature) || facts::sources(&own).contains(&file.path)
        };
        let concerned: Vec<&FeatureNames> = features.iter().filter(of_sources).collect();
        let kind = if file.foreign { FindingKind::ForeignFile } else { FindingKind::UnparsedFile };
        let draft = || {
            let place = Place { path: file.path.clone(), line: file.line.unwrap_or(1) };
            Draft::new(kind, place, &*file.path, &*file.reason).confidence(Confidence::LIKELY)
        };
        match concerned.len() {
            all if all == features.len() && all > 1 => drafts.push(draft()),
            _ => drafts.extend(concerned.iter().map(|it| draft().feature(Some(it.feature.clone())))),
        }
    }
    drafts.into_iter().for_each(|draft| collector.push(draft));
}
