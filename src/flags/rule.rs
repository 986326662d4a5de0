//! How Thor turns a flag's text into on or off, and where a writer probably meant something else.
//!
//! Pure. The rules are those of Thor's code: Python compares the lower-cased text with `true` and trims nothing;
//! Vite's flags are exactly `true`; `VITE_WS_ENABLED` is the only one that trims and knows `1` and `yes`.

use crate::model::facts::flags::FlagSide;

/// Which code reads the flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagReader {
    /// `value.lower() == "true"`
    Backend,
    /// `=== "true"`
    Vite,
    /// `VITE_WS_ENABLED`: trimmed, lower-case `1`, `true` or `yes`.
    ViteEnabled,
}

impl FlagReader {
    pub fn of(name: &str) -> Self {
        match name {
            "VITE_WS_ENABLED" => Self::ViteEnabled,
            _ if name.starts_with("VITE_") => Self::Vite,
            _ => Self::Backend,
        }
    }

    pub fn side(self) -> FlagSide {
        match self {
            Self::Backend => FlagSide::Backend,
            Self::Vite | Self::ViteEnabled => FlagSide::Frontend,
        }
    }

    pub fn is_on(self, value: &str) -> bool {
        match self {
            Self::Backend => value.to_lowercase() == "true",
            Self::Vite => value == "true",
            Self::ViteEnabled => matches!(value.trim().to_lowercase().as_str(), "1" | "true" | "yes"),
        }
    }

    /// Why `value` may not be what its writer meant; `None` where on or off is plain.
    pub fn doubt(self, value: &str) -> Option<String> {
        if self.is_on(value) {
            return None;
        }
        let bare = value.trim().trim_matches(['"', '\'']).trim().to_lowercase();
        if matches!(bare.as_str(), "" | "false" | "0" | "no" | "off" | "n" | "f") {
            return None;
        }
        let means_on = matches!(bare.as_str(), "true" | "1" | "yes" | "on" | "y" | "t" | "enabled");
        let only = match self {
            Self::Backend => "only `true` (in any case, nothing around it) is on",
            Self::Vite => "only `true`, in lower case, is on",
            Self::ViteEnabled => "only `true`, `1` and `yes` are on",
        };
        let why = if value.trim() != value && bare == "true" {
            "has spaces around it and is off: Thor does not trim"
        } else if value.contains(['"', '\'']) && bare == "true" {
            "carries its quotes and is off"
        } else if means_on {
            "looks on and is off"
        } else {
            "is neither true nor false, and off"
        };
        Some(format!("{value:?} {why}; {only}"))
    }
}
