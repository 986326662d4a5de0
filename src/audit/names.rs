//! The names by which a feature is known: message types, endpoints, jobs, flags, words. Findings are attributed
//! through them, by what the code resolves to, never by where a file lies.

use super::urls::UrlPath;
use crate::model::feature::Feature;

/// The names of one feature, from the contract or the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeatureNames {
    pub feature: String,
    /// Outer WebSocket types, aliases included; dots and underscores are the same.
    pub ws_types: Vec<String>,
    /// REST paths; a query is ignored, `{name}` stands for any one part.
    pub endpoints: Vec<String>,
    /// Job classes or job names that are the feature's REST timers.
    pub timers: Vec<String>,
    /// Such as `WS_FEATURE_POSITIONS`.
    pub flag: String,
    /// Such as `VITE_WS_FEATURE_POSITIONS`.
    pub frontend_flag: Option<String>,
    /// Words in identifiers that hint at the feature where nothing better does.
    pub words: Vec<String>,
}

impl FeatureNames {
    /// As the contract or the configuration has them.
    pub fn of(feature: &Feature) -> Self {
        Self {
            feature: feature.name.clone(),
            ws_types: feature.ws.iter().flat_map(|ws| ws.types.clone()).collect(),
            endpoints: feature.endpoints.clone(),
            timers: feature.timers.clone(),
            flag: feature.flag.clone(),
            frontend_flag: feature.frontend_flag.clone(),
            words: Vec::new(),
        }
    }
}

/// Index of a feature in the list the audit was given.
pub(in crate::audit) type FeatureId = usize;

pub(in crate::audit) struct Names<'p> {
    pub features: &'p [FeatureNames],
    endpoints: Vec<(UrlPath, FeatureId)>,
}

impl<'p> Names<'p> {
    pub fn new(features: &'p [FeatureNames]) -> Self {
        let endpoints = features.iter().enumerate();
        let endpoints = endpoints.flat_map(|(id, names)| {
            names.endpoints.iter().map(move |endpoint| (UrlPath::of_request(endpoint), id))
        });
        Self { features, endpoints: endpoints.collect() }
    }

    pub fn name(&self, feature: FeatureId) -> &'p str {
        &self.features[feature].feature
    }

    pub fn ids(&self) -> impl Iterator<Item = FeatureId> + use<> {
        0..self.features.len()
    }

    /// The features a message type carries.
    pub fn of_type(&self, message_type: &str) -> Vec<FeatureId> {
        let wanted = type_key(message_type);
        self.matching(|names| names.ws_types.iter().any(|known| type_key(known) == wanted))
    }

    /// A type of which only a part is known, with `{}` for the rest, may be one of a feature's.
    pub fn may_be_type(&self, partial: &str) -> bool {
        let parts: Vec<String> = partial.split("{}").map(type_key).collect();
        let fits = |known: &str| {
            let mut rest = known;
            for (at, part) in parts.iter().enumerate() {
                match rest.find(part.as_str()) {
                    Some(found) if at > 0 || found == 0 => rest = &rest[found + part.len()..],
                    _ => return false,
                }
            }
            parts.last().is_some_and(String::is_empty) || rest.is_empty()
        };
        self.features.iter().flat_map(|names| &names.ws_types).any(|known| fits(&type_key(known)))
    }

    /// The features a requested REST path serves by configuration; the slash at the end does not matter.
    pub fn of_endpoint(&self, path: &UrlPath) -> Vec<FeatureId> {
        let mut found: Vec<FeatureId> = self
            .endpoints
            .iter()
            .filter(|(endpoint, _)| path.leads_to(endpoint))
            .map(|(_, id)| *id)
            .collect();
        found.dedup();
        found
    }

    pub fn endpoints(&self) -> impl Iterator<Item = (&UrlPath, FeatureId)> {
        self.endpoints.iter().map(|(path, id)| (path, *id))
    }

    pub fn of_timer(&self, name: &str) -> Vec<FeatureId> {
        let plain = |name: &str| name.replace(['_', '-'], "").to_lowercase();
        let wanted = plain(name);
        self.matching(|names| names.timers.iter().any(|timer| plain(timer) == wanted))
    }

    /// The feature whose backend or frontend flag this is.
    pub fn of_flag(&self, flag: &str) -> Vec<FeatureId> {
        self.matching(|names| names.flag == flag || names.frontend_flag.as_deref() == Some(flag))
    }

    /// The features whose flag starts with a text, where the rest is put together at run time.
    pub fn of_flag_prefix(&self, prefix: &str) -> Vec<FeatureId> {
        if prefix.len() < 8 {
            return Vec::new();
        }
        let starts = |flag: &str| flag.starts_with(prefix) && flag != prefix;
        self.matching(|names| starts(&names.flag) || names.frontend_flag.as_deref().is_some_and(starts))
    }

    /// The feature of exactly this name, as code passes it around: `is_enabled("positions")`.
    pub fn of_name(&self, name: &str) -> Vec<FeatureId> {
        let wanted = type_key(name);
        self.matching(|names| {
            type_key(&names.feature) == wanted
                || names.flag.rsplit_once("FEATURE_").is_some_and(|(_, rest)| rest.to_lowercase() == wanted)
        })
    }

    /// The features whose words occur in an identifier, whole words only; several are no attribution.
    pub fn of_words(&self, identifier: &str) -> Option<FeatureId> {
        let parts = snake(identifier);
        let found = self.matching(|names| {
            let own = std::iter::once(names.feature.as_str()).chain(names.words.iter().map(String::as_str));
            own.map(snake).any(|word| !word.is_empty() && parts.windows(word.len()).any(|part| part == word))
        });
        match found[..] {
            [only] => Some(only),
            _ => None,
        }
    }

    fn matching(&self, test: impl Fn(&FeatureNames) -> bool) -> Vec<FeatureId> {
        self.features.iter().enumerate().filter(|(_, names)| test(names)).map(|(id, _)| id).collect()
    }
}

/// Types are compared by this: `market.24h` and `market_24h` are one.
pub(in crate::audit) fn type_key(message_type: &str) -> String {
    message_type.replace(['.', '-'], "_").to_lowercase()
}

/// `buildPositionsMessage`, `build_positions_message` and `PositionsJob` as lower-case words in the singular.
fn snake(identifier: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut last_lower = false;
    for character in identifier.chars() {
        let breaks = !character.is_alphanumeric() || (character.is_uppercase() && last_lower);
        if breaks && !word.is_empty() {
            words.push(singular(std::mem::take(&mut word)));
        }
        if character.is_alphanumeric() {
            word.extend(character.to_lowercase());
        }
        last_lower = character.is_lowercase() || character.is_ascii_digit();
    }
    if !word.is_empty() {
        words.push(singular(word));
    }
    words
}

fn singular(word: String) -> String {
    match word.strip_suffix('s') {
        Some(one) if one.len() > 3 && !one.ends_with('s') => one.to_owned(),
        _ => word,
    }
}
