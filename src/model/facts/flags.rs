//! Who says what about a flag.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of statement it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatementKind {
    /// A file or an environment that a process would be started with.
    Declared,
    /// A running process, asked.
    Served,
    /// The newest evidence in the ledger.
    Observed,
}

/// Which of the two programs reads the flag: they are separate and can disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Side")]
pub enum FlagSide {
    Backend,
    Frontend,
}

/// One source's word about one flag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FlagStatement {
    /// `process environment`, `.env:3`, `docker-compose.yml`, a URL…
    pub source: String,
    pub kind: StatementKind,
    pub side: FlagSide,
    /// `WS_FEATURE_POSITIONS`
    pub name: String,
    /// As written; `None` where the source is silent about it.
    pub raw: Option<String>,
    /// What Thor makes of it.
    pub on: bool,
    /// Where the writer probably meant something else: `1`, `yes`, `" true"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

/// Somewhere statements were looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FlagSource {
    /// `process environment`, `.env`, a URL…
    pub name: String,
    /// Whether it is there at all.
    pub found: bool,
}

/// Two that should say the same about a flag and do not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Disagreement")]
pub struct FlagDisagreement {
    pub kind: DisagreementKind,
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisagreementKind {
    /// A running process says something else than what is declared.
    Running,
    /// Two declarations of one flag differ.
    Declared,
    /// Backend and frontend differ.
    Sides,
    /// The newest evidence was taken under another flag.
    Observed,
}

/// What sources said, strongest first: of several that speak of one flag, the first counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FlagFacts {
    pub statements: Vec<FlagStatement>,
    pub sources: Vec<FlagSource>,
    /// What is suspicious apart from a single statement.
    pub warnings: Vec<String>,
}

impl FlagFacts {
    /// The statement that counts for the flag; `None` where no source speaks of it, which to Thor is off.
    /// A running process that is silent has said off.
    pub fn effective(&self, flag: &str) -> Option<&FlagStatement> {
        let counts = |it: &&FlagStatement| it.raw.is_some() || it.kind == StatementKind::Served;
        self.statements.iter().filter(|it| it.name == flag).find(counts)
    }

    pub fn is_on(&self, flag: &str) -> bool {
        self.effective(flag).is_some_and(|statement| statement.on)
    }

    /// Adds what weaker sources said.
    pub fn extend(&mut self, weaker: Self) {
        self.statements.extend(weaker.statements);
        self.sources.extend(weaker.sources);
        self.warnings.extend(weaker.warnings);
    }
}
