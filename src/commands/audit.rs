//! `audit`: where Thor's source has what belongs to each feature, what became of it, and what to delete.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;

use crate::audit;
use crate::cli::{AuditArgs, Format, Global};
use crate::commands::decision::baselines;
use crate::commands::history;
use crate::commands::provenance::source_folder;
use crate::commands::source;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::judge::decision::claims;
use crate::model::facts::audit::AuditReport;
use crate::model::feature::Feature;
use crate::report::audit::AuditAnswer;
use crate::report::audit::{github, human, markdown, sarif};
use crate::report::{Answer, unsupported};
use crate::settings::{self, Settings};

pub fn run(args: &AuditArgs, global: &Global, environment: &Environment) -> Result<Box<dyn Answer>> {
    let settings = settings::load(global, environment)?;
    let named: Vec<String> = args.plan.iter().chain(&args.features).cloned().collect();
    settings.select(&named)?;
    if let (Some(reason), None) = (&settings.source.none, &args.source) {
        return Err(Error::usage(format!("there is no source tree to search: [source] none = {reason:?}"))
            .hint("name one with --source DIR, or take `none` out"));
    }
    let folder = source_folder(&settings, args.source.as_deref(), environment);
    let earlier = match &args.since {
        Some(revision) => {
            let earlier = source::audit_of(&settings, &folder, Some(revision), &source::Known::default())?;
            Some((revision.as_str(), earlier))
        }
        None => None,
    };
    let known = earlier.as_ref().map(|(_, earlier)| source::Known {
        views: audit::KnownView::of(earlier),
        pages: audit::KnownPage::of(earlier),
    });
    let mut report = source::audit_of(&settings, &folder, None, &known.unwrap_or_default())?;
    if report.searched.python + report.searched.typescript == 0 {
        return Err(Error::usage(format!("no Python or TypeScript below {}", folder.display()))
            .hint("name Thor's checkout with --source DIR or [source] root"));
    }
    report.warnings.splice(0..0, settings.warnings.iter().cloned());
    if earlier.is_some() && !settings.source.extra_roots.is_empty() {
        report.warnings.push(
            "extra roots are not part of the earlier revision: what was there cannot be seen".to_owned(),
        );
    }
    let plan = args.plan.as_ref().and_then(|feature| audit::plan(&report, feature));
    let earlier = earlier.as_ref().map(|(revision, earlier)| (*revision, earlier));
    let claimed =
        earlier.map(|(_, earlier)| claimed(&settings, &folder, &report, earlier)).unwrap_or_default();
    let mut answer = AuditAnswer::of(report, earlier, &args.features, &claimed);
    answer.only(&named);
    answer.plan = plan;
    Ok(Box::new(answer))
}

/// What `checklist` would take for claims, feature by feature.
fn claimed(
    settings: &Settings,
    folder: &Path,
    report: &AuditReport,
    earlier: &AuditReport,
) -> BTreeMap<String, Vec<String>> {
    let facts = |report: &AuditReport| source::facts(report, &BTreeMap::new());
    let (Some(now), Some(then)) = (facts(report), facts(earlier)) else { return BTreeMap::new() };
    let mut since = baselines(&then, None, Timestamp::UNIX_EPOCH);
    history::look_back(settings, folder, &now, &[], &mut since);
    let of = |feature: &Feature| (feature.name.clone(), claims::against(&now, feature, &since));
    settings.features.iter().map(of).collect()
}

impl Answer for AuditAnswer {
    fn exit_code(&self) -> u8 {
        self.exit_code
    }

    fn render(&self, format: Format, environment: &Environment) -> Result<String> {
        match (format, &self.plan) {
            (Format::Human, Some(plan)) => Ok(human::plan(plan, environment.width())),
            (Format::Human, None) => Ok(human::human(self, environment.width())),
            (Format::Json, _) => self.json(),
            (Format::Markdown, Some(plan)) => Ok(markdown::plan(plan)),
            (Format::Markdown, None) => Ok(markdown::markdown(self)),
            (Format::Sarif, None) => sarif::sarif(self),
            (Format::Github, None) => Ok(github::github(self)),
            (other, Some(_)) => Err(unsupported("audit --plan", other)),
            (other, None) => Err(unsupported("audit", other)),
        }
    }
}
