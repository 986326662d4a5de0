//! What a user may tell the audit: names that differ, what to accept and until when.

use crate::model::facts::audit::{
    AuditReport, FeatureFacts, Finding, FindingKind, Mapping, PageFact, Suppression,
};

/// What `[source]` says of the audit, and the day on which it is judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditOptions {
    /// Functions that broadcast, for trees in which their definition cannot be followed.
    pub helpers: Vec<String>,
    /// Functions of the frontend that take a message type and listen.
    pub listeners: Vec<String>,
    /// Those of them that the user named: believed to be told, even where that cannot be followed.
    pub named_listeners: Vec<String>,
    /// Bases that clients put before a path, beside those found in the source.
    pub base_urls: Vec<String>,
    pub suppressions: Vec<Suppression>,
    /// What requests and broadcasts of unknown target are for.
    pub mappings: Vec<Mapping>,
    /// Views that an earlier audit saw: without a route they could not be told from any other function.
    pub known_views: Vec<KnownView>,
    /// Components that an earlier audit saw polling.
    pub known_pages: Vec<KnownPage>,
    /// Suppressions and mappings that expired before this day no longer hold.
    pub today: Option<jiff::civil::Date>,
}

/// A view of a feature, as an earlier audit saw it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KnownView {
    pub feature: String,
    pub path: String,
    /// `positions`, `PositionsView`, `MarketViewSet.live_status`.
    pub symbol: String,
}

/// A component that polled a feature, as an earlier audit saw it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KnownPage {
    pub feature: String,
    /// The component's name.
    pub symbol: String,
}

impl KnownPage {
    /// Those that a report found.
    pub fn of(report: &AuditReport) -> Vec<Self> {
        let of = |facts: &FeatureFacts| {
            let polling = facts.pages.iter().filter(|page| page.polls);
            let known = |page: &PageFact| Self { feature: facts.feature.clone(), symbol: page.name.clone() };
            polling.map(known).collect::<Vec<Self>>()
        };
        report.features.iter().flat_map(of).collect()
    }
}

impl KnownView {
    /// Those that a report found.
    pub fn of(report: &AuditReport) -> Vec<Self> {
        let views = report.findings.iter().filter(|finding| finding.kind == FindingKind::RestView);
        let known = |finding: &Finding| {
            Some(Self {
                feature: finding.feature.clone()?,
                path: finding.path.clone(),
                symbol: finding.symbol.clone(),
            })
        };
        views.filter_map(known).collect()
    }
}

impl AuditOptions {
    /// The names of Thor's own code.
    pub fn thor() -> Self {
        Self {
            helpers: ["broadcast_to_websocket_sync", "broadcast_to_websocket_async"]
                .map(str::to_owned)
                .to_vec(),
            listeners: ["useWebSocketMessage", "useWsMessage"].map(str::to_owned).to_vec(),
            ..Self::default()
        }
    }
}
